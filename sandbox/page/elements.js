/** Interactive elements of messages and modals: each tells its surface, and shows that the bot has not answered yet. */
import { confirmed } from "./confirm.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { plainText } from "./mrkdwn.js";

const ELEMENTS = {
  button,
  static_select: select,
  overflow,
  radio_buttons: choices,
  checkboxes: choices,
  image: picture,
};

export function element(part, block, surface) {
  const draw = ELEMENTS[part.type];
  return draw ? draw(part, block, surface) : el("span", { class: "unknown" }, `“${part.type}” is not drawn here.`);
}

/** <option>s of a select, in their groups. */
export function options(part, chosen) {
  const one = (option) => el("option", { value: option.value, selected: option.value === chosen }, option.text.text);
  if (!part.option_groups) return part.options.map(one);
  return part.option_groups.map((group) => el("optgroup", { label: group.label.text }, group.options.map(one)));
}

function button(part, block, surface) {
  const press = () => {
    if (part.url && /^https?:/.test(part.url)) window.open(part.url, "_blank", "noopener");
    deliver(node, part, block, surface, part.value);
  };
  const node = el(
    "button",
    {
      type: "button",
      class: `button ${part.style ? `button-${part.style}` : ""}`,
      "aria-label": part.accessibility_label,
      "data-key": keyOf(part, surface),
      onclick: press,
    },
    el("span", { class: "button-label" }, plainText(part.text)),
  );
  return node;
}

function select(part, block, surface) {
  const chosen = part.initial_option?.value;
  const label = part.placeholder?.text ?? "Choose an option";
  const node = el(
    "select",
    {
      class: "select",
      "aria-label": label,
      "data-key": keyOf(part, surface),
      onchange: async () => {
        const sent = await deliver(node, part, block, surface, node.value);
        if (!sent) node.value = chosen ?? "";
      },
    },
    chosen ? null : el("option", { value: "", disabled: true, selected: true, hidden: true }, label),
    options(part, chosen),
  );
  return node;
}

function overflow(part, block, surface) {
  const menu = el(
    "div",
    { class: "menu", role: "menu", hidden: true, onkeydown: (event) => travel(event, menu, close) },
    part.options.map((option) =>
      el(
        "button",
        {
          type: "button",
          role: "menuitem",
          class: "menu-item",
          onclick: () => {
            close();
            if (option.url) window.open(option.url, "_blank", "noopener");
            deliver(toggle, part, block, surface, option.value);
          },
        },
        plainText(option.text),
      ),
    ),
  );
  const toggle = el(
    "button",
    {
      type: "button",
      class: "button button-icon",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "data-key": keyOf(part, surface),
      onclick: () => (menu.hidden ? open() : close()),
    },
    icon("more"),
  );
  const root = el(
    "div",
    { class: "overflow", onfocusout: (event) => root.contains(event.relatedTarget) || close(false) },
    toggle,
    menu,
  );
  function open() {
    menu.hidden = false;
    toggle.setAttribute("aria-expanded", "true");
    menu.firstElementChild?.focus();
  }
  function close(refocus = true) {
    if (menu.hidden) return;
    if (refocus) toggle.focus();
    menu.hidden = true;
    toggle.setAttribute("aria-expanded", "false");
  }
  return root;
}

function choices(part, block, surface) {
  const type = part.type === "checkboxes" ? "checkbox" : "radio";
  const initial = [part.initial_option, ...(part.initial_options ?? [])].map((option) => option?.value);
  const chosen = () => [...node.querySelectorAll("input:checked")].map((input) => input.value);
  const node = el(
    "div",
    {
      class: "choices",
      role: type === "radio" ? "radiogroup" : "group",
      "data-key": keyOf(part, surface),
      onchange: () => deliver(node, part, block, surface, type === "radio" ? chosen()[0] : chosen()),
    },
    part.options.map((option) =>
      el(
        "label",
        { class: "choice" },
        el("input", {
          type,
          name: `${block.block_id}/${part.action_id}`,
          value: option.value,
          checked: initial.includes(option.value),
        }),
        el("span", {}, option.text.text),
      ),
    ),
  );
  return node;
}

function picture(part) {
  return el("img", { class: "accessory-image", src: part.image_url, alt: part.alt_text ?? "" });
}

/** The same element keeps its key when its message is edited: a block_id may change with each edit, its place does not. */
function keyOf(part, { at = 0 }) {
  return `${at}/${part.action_id}`;
}

/** Ask, send, wait for the ack. Returns whether it was sent. */
async function deliver(node, part, block, surface, value) {
  if (node.getAttribute("aria-busy") === "true") return false;
  if (part.confirm && !(await confirmed(part.confirm))) return false;
  node.setAttribute("aria-busy", "true");
  node.setAttribute("aria-disabled", "true");
  const answer = await surface.act({ action_id: part.action_id, block_id: block.block_id, value, confirm: true });
  node.removeAttribute("aria-busy");
  node.removeAttribute("aria-disabled");
  if (!answer.ok) surface.fail(answer.error, node);
  return true;
}

function travel(event, menu, close) {
  const items = [...menu.children];
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (event.key === "Escape") close();
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length)?.focus();
}
