/** The box where people write: messages and /drop, with suggestions, drafts and a memory of what was sent. */
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { suggestions } from "./suggestions.js";

export class Composer {
  /** `send(text)` gives whether it was taken; a text that was not stays in the box. */
  constructor(root, { id, label, send, verbs = () => [] }) {
    Object.assign(this, { send, label, verbs, key: null, drafts: new Map(), sent: [], at: 0, chosen: -1 });
    this.box = el("textarea", {
      id: `${id}-text`,
      rows: 1,
      autocomplete: "off",
      spellcheck: "false",
      "aria-autocomplete": "list",
      "aria-haspopup": "listbox",
      "aria-controls": `${id}-list`,
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#key(event),
      onblur: () => this.#suggest([]),
    });
    this.list = el("ul", {
      id: `${id}-list`,
      class: "suggestions",
      role: "listbox",
      "aria-label": "Suggestions",
      hidden: true,
    });
    this.button = el(
      "button",
      { type: "submit", class: "send", "aria-disabled": "true" },
      icon("send"),
      el("span", { class: "send-label" }, label),
    );
    this.who = el("span", { class: "as" });
    this.form = el(
      "form",
      { class: "composer-form", onsubmit: (event) => this.#submit(event) },
      this.list,
      this.box,
      el(
        "div",
        { class: "composer-foot" },
        this.who,
        el("span", { class: "keys", "aria-hidden": "true" }, "Enter sends, Shift+Enter makes a line"),
        this.button,
      ),
    );
    root.replaceChildren(this.form);
  }

  /** Whose words, to whom. Another conversation has its own draft. */
  show(key, { person, placeholder }) {
    this.box.placeholder = placeholder;
    this.box.setAttribute("aria-label", placeholder);
    this.who.textContent = `as ${person.name}`;
    this.form.className = `composer-form hue-${person.hue}`;
    if (this.key === key) return;
    if (this.key) this.drafts.set(this.key, this.box.value);
    this.key = key;
    this.#put(this.drafts.get(key) ?? "");
  }

  write(text) {
    this.#put(text);
    this.focus();
  }

  focus() {
    this.box.focus();
  }

  async #submit(event) {
    event?.preventDefault();
    const text = this.box.value.trim();
    if (!text || this.form.getAttribute("aria-busy")) return;
    this.sent = [...this.sent.filter((earlier) => earlier !== text), text];
    this.at = this.sent.length;
    this.#put("");
    this.form.setAttribute("aria-busy", "true");
    const taken = await this.send(text);
    this.form.removeAttribute("aria-busy");
    if (!taken && !this.box.value) this.#put(text);
  }

  #typed() {
    this.at = this.sent.length;
    this.#fit();
    this.#offer();
  }

  #offer() {
    this.#suggest(suggestions(this.box.value, this.verbs()));
  }

  #put(text) {
    this.box.value = text;
    this.#fit();
    this.#suggest([]);
  }

  #fit() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, 160)}px`;
    this.button.setAttribute("aria-disabled", String(!this.box.value.trim()));
  }

  #key(event) {
    if (event.isComposing) return;
    if (!this.list.hidden && this.#keyInList(event)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (["ArrowUp", "ArrowDown"].includes(event.key)) this.#recall(event);
  }

  /** True when the key was meant for the suggestions. */
  #keyInList({ key }) {
    const move = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (move) return this.#choose((this.chosen + move + this.offers.length) % this.offers.length);
    if (key === "Escape") return this.#suggest([]);
    const pick = key === "Tab" ? Math.max(this.chosen, 0) : this.chosen;
    if (!["Tab", "Enter"].includes(key) || pick < 0) return false;
    return this.#complete(pick);
  }

  #recall(event) {
    const recalled = this.box.value === (this.sent[this.at] ?? "");
    if (!recalled || !this.sent.length) return;
    event.preventDefault();
    this.at = Math.min(Math.max(this.at + (event.key === "ArrowUp" ? -1 : 1), 0), this.sent.length);
    this.#put(this.sent[this.at] ?? "");
  }

  #suggest(offers) {
    this.offers = offers;
    this.list.hidden = !offers.length;
    this.list.replaceChildren(
      ...offers.map((offer, index) =>
        el(
          "li",
          {
            id: `${this.list.id}-${index}`,
            role: "option",
            class: "suggestion",
            "aria-selected": "false",
            onmousedown: (event) => {
              event.preventDefault();
              this.#complete(index);
            },
          },
          el("strong", {}, offer.text),
          offer.about && el("span", { class: "quiet" }, offer.about),
        ),
      ),
    );
    this.#choose(offers[0]?.eager ? 0 : -1);
    return true;
  }

  #choose(index) {
    this.chosen = index;
    [...this.list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    if (index < 0) this.box.removeAttribute("aria-activedescendant");
    else this.box.setAttribute("aria-activedescendant", `${this.list.id}-${index}`);
    this.list.children[index]?.scrollIntoView({ block: "nearest" });
    return true;
  }

  #complete(index) {
    this.#put(`${this.offers[index].text} `);
    this.#offer();
    return true;
  }
}
