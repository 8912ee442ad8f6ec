/** The modal that is open for the acting person: drawn once, then only what the bot updates. */
import { blocks } from "./blocks.js";
import { el, trapFocus } from "./dom.js";
import { failure } from "./failures.js";
import { input } from "./inputs.js";
import { plainText } from "./mrkdwn.js";

export class Modal {
  /** `deeds` is {submit(values, view), close(), click(action)}. */
  constructor(dialog, deeds) {
    this.dialog = dialog;
    this.deeds = deeds;
    this.drawn = null;
    this.inputs = [];
    trapFocus(dialog);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.deeds.close();
    });
  }

  /** Show this view. While it stays the same nothing is redrawn, so typing is never disturbed. */
  show(view, errors, known) {
    if (!view) return this.#hide();
    const signature = JSON.stringify([view.id, view.hash, view.title, view.blocks]);
    if (this.drawn?.signature !== signature) this.#draw(view, signature, known);
    const fresh = JSON.stringify(errors ?? {});
    if (fresh !== this.errors) this.complain(errors ?? {});
    this.errors = fresh;
    if (!this.dialog.open) this.#reveal();
  }

  complain(errors) {
    for (const one of this.inputs) one.complain(errors[one.id]);
    const first = this.inputs.find((one) => errors[one.id]);
    first?.node.querySelector("input, textarea, select")?.focus();
    first?.node.scrollIntoView?.({ block: "nearest" });
  }

  /** Fill in what is still empty, by block id or by a function of the input; what someone typed stays. */
  fill(values) {
    for (const one of this.inputs) {
      const value = typeof values === "function" ? values(one) : values[one.id];
      if (value !== undefined && !one.read().length) one.put(value);
    }
    this.submit?.focus();
  }

  #hide() {
    if (this.dialog.open) this.dialog.close();
    this.dialog.replaceChildren();
    Object.assign(this, { drawn: null, inputs: [], errors: undefined });
  }

  #reveal() {
    this.dialog.showModal();
    const first =
      this.dialog.querySelector(".modal-body input, .modal-body textarea, .modal-body select") ??
      this.dialog.querySelector("button");
    first?.focus();
  }

  #draw(view, signature, known) {
    const kept = this.drawn?.id === view.id ? this.#values() : {};
    const focused = this.drawn?.id === view.id ? document.activeElement?.id : "";
    this.inputs = [];
    this.failed = el("p", { class: "failed", role: "alert", hidden: true });
    const surface = {
      known,
      act: (action) => this.deeds.click({ ...action, view_id: view.id }),
      fail: (error) => this.#fail(error),
    };
    const body = view.blocks.map((block) =>
      block.type === "input" ? this.#input(block, kept) : blocks([block], surface),
    );
    const frame = el(
      "form",
      {
        class: "modal-frame",
        novalidate: true,
        onsubmit: (event) => this.#submit(event, view),
        onkeydown: (event) => sends(event) && this.#submit(event, view),
      },
      el("header", { class: "modal-head" }, el("h2", { id: "modal-title" }, plainText(view.title))),
      el("div", { class: "modal-body" }, body),
      this.failed,
      this.#foot(view),
    );
    this.dialog.setAttribute("aria-labelledby", "modal-title");
    this.dialog.replaceChildren(frame);
    this.drawn = { id: view.id, signature };
    if (focused) document.getElementById(focused)?.focus();
  }

  #input(block, kept) {
    const drawn = input(block);
    if (block.block_id in kept) drawn.put(kept[block.block_id]);
    this.inputs.push(drawn);
    return drawn.node;
  }

  #foot(view) {
    const close = el(
      "button",
      { type: "button", class: "button", onclick: () => this.deeds.close() },
      plainText(view.close ?? { text: view.submit ? "Cancel" : "Close" }),
    );
    this.submit =
      view.submit &&
      el(
        "button",
        { type: "submit", class: "button button-primary" },
        el("span", { class: "button-label" }, plainText(view.submit)),
      );
    return el("footer", { class: "modal-foot" }, close, this.submit);
  }

  async #submit(event, view) {
    event.preventDefault();
    if (this.submit?.getAttribute("aria-busy")) return;
    this.complain({});
    this.failed.hidden = true;
    this.#busy(true);
    const answer = await this.deeds.submit(this.#values(), view);
    this.#busy(false);
    if (answer.errors) this.#refused(answer.errors);
    else if (!answer.ok) this.#fail(answer.error);
  }

  #refused(errors) {
    this.errors = JSON.stringify(errors);
    this.complain(errors);
  }

  #values() {
    return Object.fromEntries(this.inputs.map((one) => [one.id, one.read()]));
  }

  #busy(busy) {
    for (const name of ["aria-busy", "aria-disabled"]) {
      if (busy) this.submit?.setAttribute(name, "true");
      else this.submit?.removeAttribute(name);
    }
  }

  #fail(error) {
    this.failed.textContent = failure(error);
    this.failed.hidden = false;
  }
}

/** Enter makes a line in a text of several lines; with Ctrl or ⌘ it sends the form from anywhere in it. */
function sends({ key, ctrlKey, metaKey }) {
  return key === "Enter" && (ctrlKey || metaKey);
}
