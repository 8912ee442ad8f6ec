/** The tour: a note beside what comes next, which waits until it is done. It starts by itself once, and never insists. */
import { el } from "./dom.js";
import { facts } from "./facts.js";
import { Find } from "./find.js";
import { icon } from "./icons.js";
import { beside } from "./place.js";
import { END, STEPS } from "./steps.js";

const KEY = "drop-sandbox-tour";
const NARROW = matchMedia("(max-width: 719px)");

export class Tour {
  /** `deeds` is {write(text), fill(values), answer(say)}: what can be done for the newcomer. */
  constructor(root, shell, deeds) {
    Object.assign(this, { root, shell, deeds, on: localStorage.getItem(KEY) === null, at: 0, following: null });
    this.home = document.body;
    this.count = el("span", { class: "tour-count" });
    this.title = el("h2", {});
    this.text = el("p", { role: "status" });
    this.help = el("button", {
      type: "button",
      class: "button button-primary button-small",
      onclick: () => this.#help(),
    });
    this.look = el(
      "button",
      { type: "button", class: "button button-small", onclick: () => this.#reveal() },
      "Show me",
    );
    this.skip = el("button", { type: "button", class: "button button-small", onclick: () => this.#skip() });
    this.close = el(
      "button",
      { type: "button", class: "tour-close", "aria-label": "End the tour", onclick: () => this.end() },
      icon("close"),
    );
    root.append(
      el("header", { class: "tour-head" }, this.title, this.count, this.close),
      this.text,
      el("div", { class: "row" }, this.help, this.look, this.skip),
    );
    root.addEventListener("keydown", (event) => this.#escape(event));
    for (const event of ["scroll", "resize"])
      addEventListener(event, () => this.#place(), { capture: true, passive: true });
  }

  /** From the beginning, or from where the open deployment is. */
  start(store) {
    Object.assign(this, { on: true, at: 0, following: null, busy: null });
    this.show(store);
    this.skip.focus();
  }

  end() {
    this.on = false;
    localStorage.setItem(KEY, "seen");
    this.#leave();
  }

  /** Draw what comes next. To be called after everything else is drawn. */
  show(store) {
    if (!this.on) return;
    const now = facts(store, this.following);
    if (this.following && !now.card) this.at = 0;
    this.following = now.card?.ts ?? null;
    while (STEPS[this.at]?.done(now)) this.#next();
    const step = STEPS[this.at] ?? END;
    this.#draw({ title: step.title, ...step.now(now, new Find(this.shell, now.card)) });
  }

  #next() {
    this.at += 1;
    this.busy = null;
  }

  #draw({ title, text, at = null, help }) {
    const over = this.at >= STEPS.length;
    this.#settle();
    this.title.textContent = title;
    this.count.textContent = over ? "" : `${this.at + 1} of ${STEPS.length}`;
    if (this.text.textContent !== (this.busy ?? text)) this.text.textContent = this.busy ?? text;
    this.offered = help;
    this.help.hidden = !help || Boolean(this.busy);
    this.help.textContent = help?.label ?? "";
    this.skip.textContent = over ? "Finish" : "Skip this step";
    this.#point(at);
  }

  /** Stand in the dialog while one is open: everything outside of it is out of reach then. */
  #settle() {
    const dialog = document.querySelector("#modal[open]");
    const home = dialog ?? document.body;
    if (this.root.parentElement !== home) home === dialog ? dialog.append(this.root) : home.prepend(this.root);
    this.root.hidden = false;
  }

  #point(at) {
    const other = at?.dataset.key !== this.about?.dataset.key || at?.className !== this.about?.className;
    if (this.about !== at) this.about?.classList.remove("tour-target");
    this.about = at;
    at?.classList.add("tour-target");
    if (other) at?.scrollIntoView({ block: "nearest" });
    this.#place();
  }

  #place() {
    if (!this.on) return;
    document.documentElement.style.setProperty("--tour-room", NARROW.matches ? `${this.root.offsetHeight}px` : "0px");
    const view = { width: innerWidth, height: innerHeight };
    const about = this.about?.getBoundingClientRect();
    this.look.hidden = !about || isIn(about, view);
    if (NARROW.matches) return this.root.removeAttribute("style");
    const spot = beside(about ?? new DOMRect(), { width: this.root.offsetWidth, height: this.root.offsetHeight }, view);
    Object.assign(this.root.style, { left: `${spot.left}px`, top: `${spot.top}px` });
  }

  #reveal() {
    this.about?.scrollIntoView({ block: "center" });
    this.about?.focus?.();
  }

  async #help() {
    const { deed, with: what } = this.offered;
    await this.deeds[deed](what, (words) => {
      this.busy = words;
      if (words) this.text.textContent = words;
      this.help.hidden = Boolean(words);
    });
  }

  #skip() {
    if (this.at >= STEPS.length) return this.end();
    this.#next();
    return this.shell.changed();
  }

  #escape(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    this.end();
  }

  #leave() {
    this.about?.classList.remove("tour-target");
    this.about = null;
    this.root.hidden = true;
    this.root.removeAttribute("style");
    document.documentElement.style.removeProperty("--tour-room");
    document.getElementById("composer-text").focus();
  }
}

function isIn({ top, bottom, left, right }, { width, height }) {
  return bottom > 0 && top < height && right > 0 && left < width;
}
