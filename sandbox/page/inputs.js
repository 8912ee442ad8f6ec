/** Input blocks of a modal: label, control, hint and error. Each is {node, id, all?, read, put, complain}. */
import { el } from "./dom.js";
import { options } from "./elements.js";
import { mrkdwn, plainText } from "./mrkdwn.js";

const NOBODY = { names: {}, me: "" };
const TYPES = {
  email_text_input: "email",
  url_text_input: "url",
  number_input: "number",
  datepicker: "date",
  timepicker: "time",
};

/** The input block, drawn. `read()` gives a text, an option's value or a list of values: what /control/submit takes. */
export function input(block) {
  const id = `input-${block.block_id}`;
  const describes = `${block.hint ? `${id}-hint ` : ""}${id}-error`;
  const part = control(block.element, id, describes);
  const error = el("p", { class: "input-error", id: `${id}-error`, role: "alert", hidden: true });
  const name = [plainText(block.label), block.optional && el("span", { class: "optional" }, " (optional)")];
  const node = el(
    part.group ? "fieldset" : "div",
    { class: "block block-input" },
    part.group ? el("legend", {}, name) : el("label", { for: id }, name),
    part.node,
    block.hint && el("p", { class: "hint", id: `${id}-hint` }, plainText(block.hint)),
    error,
  );
  return { node, id: block.block_id, all: part.all, read: part.read, put: part.put, complain };

  function complain(message) {
    error.hidden = !message;
    error.textContent = message ?? "";
    node.classList.toggle("has-error", Boolean(message));
    const field = part.group ? node : part.field;
    if (message) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
}

function control(element, id, describes) {
  if (element.type === "static_select") return select(element, id, describes);
  if (["checkboxes", "radio_buttons", "multi_static_select"].includes(element.type)) return choices(element, id);
  return text(element, id, describes);
}

function text(element, id, describes) {
  const attributes = {
    id,
    class: "field-input",
    placeholder: element.placeholder?.text,
    "aria-describedby": describes,
    autocomplete: "off",
  };
  const field = element.multiline
    ? el("textarea", { ...attributes, rows: 4 })
    : el("input", { ...attributes, type: TYPES[element.type] ?? "text" });
  field.value = element.initial_value ?? element.initial_date ?? element.initial_time ?? "";
  const count = element.max_length && counter(field, element.max_length);
  const node = count ? el("div", { class: "counted" }, field, count.node) : field;
  const put = (value) => {
    field.value = value;
    count?.update();
  };
  return { node, field, put, read: () => field.value };
}

/** How many characters are left, once it matters. */
function counter(field, most) {
  const node = el("span", { class: "counter", "aria-hidden": "true" });
  const update = () => {
    const left = most - field.value.length;
    node.textContent = left < Math.min(100, most / 3) ? left : "";
    node.classList.toggle("over", left < 0);
  };
  field.addEventListener("input", update);
  update();
  return { node, update };
}

function select(element, id, describes) {
  const chosen = element.initial_option?.value;
  const nothing = el("option", { value: "", selected: !chosen }, element.placeholder?.text ?? "Choose an option");
  const field = el("select", { id, class: "select", "aria-describedby": describes }, nothing, options(element, chosen));
  return {
    node: field,
    field,
    read: () => field.value,
    put: (value) => {
      field.value = value;
    },
  };
}

function choices(element, id) {
  const single = element.type === "radio_buttons";
  const initial = [element.initial_option, ...(element.initial_options ?? [])]
    .filter(Boolean)
    .map((option) => option.value);
  const all = element.options ?? element.option_groups.flatMap((group) => group.options);
  const node = el(
    "div",
    { class: `choices ${element.type}` },
    all.map((option) => choice(option, single ? "radio" : "checkbox", id, initial)),
  );
  const inputs = [...node.querySelectorAll("input")];
  const chosen = () => inputs.filter((box) => box.checked).map((box) => box.value);
  const put = (value) =>
    inputs.forEach((box) => {
      box.checked = [value].flat().includes(box.value);
    });
  return {
    node,
    group: true,
    field: inputs[0],
    all: all.map((option) => option.value),
    put,
    read: () => (single ? (chosen()[0] ?? "") : chosen()),
  };
}

function choice(option, type, name, initial) {
  const words = option.text.type === "mrkdwn" ? mrkdwn(option.text.text, NOBODY) : plainText(option.text);
  return el(
    "label",
    { class: "choice" },
    el("input", { type, name, value: option.value, checked: initial.includes(option.value) }),
    el(
      "span",
      { class: "choice-text" },
      words,
      option.description && el("span", { class: "choice-more" }, option.description.text),
    ),
  );
}
