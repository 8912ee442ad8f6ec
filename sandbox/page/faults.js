/** What can be broken, by what it breaks: the list, its words and its order come from the sandbox. */
import { el, redraw } from "./dom.js";
import { button } from "./night.js";

export class Faults {
  /** `bot` is the part that kills the bot; `deeds` is {fault(name, on)}. */
  constructor(root, bot, deeds) {
    Object.assign(this, { deeds, faults: [], told: new Map() });
    this.count = el("span", { class: "on-count", role: "status" });
    this.off = button("Switch all off", () => this.#allOff());
    this.groups = el("div", { class: "fault-groups" });
    root.append(
      el("header", { class: "faults-head" }, el("h2", {}, "Faults"), this.count, this.off),
      el("p", { class: "quiet" }, "Break something, and see what the bot makes of it."),
      group("The bot", [bot]),
      this.groups,
    );
  }

  show(faults) {
    this.faults = faults;
    const list = faults.map(({ name, part, label, sight }) => ({ name, part, label, sight }));
    if (redraw(this.groups, list, () => parts(faults).map((part) => this.#part(part)))) this.told.clear();
    const on = faults.filter((fault) => fault.on);
    this.count.textContent = on.length ? `${on.length} on` : "";
    this.off.hidden = !on.length;
    for (const fault of faults) this.#update(fault);
    for (const part of parts(faults)) this.#tally(part, on.filter((fault) => fault.part === part).length);
  }

  #part(part) {
    const own = this.faults.filter((fault) => fault.part === part);
    return group(
      part,
      own.map((fault) => this.#fault(fault)),
    );
  }

  #fault({ name, label, sight }) {
    return el(
      "div",
      { class: "fault", "data-fault": name },
      el(
        "label",
        { class: "fault-switch" },
        el("span", {}, label),
        el("input", {
          type: "checkbox",
          role: "switch",
          "aria-describedby": `sight-${name}`,
          onchange: (event) => this.deeds.fault(name, event.target.checked),
        }),
      ),
      el("p", { class: "quiet", id: `sight-${name}` }, sight),
      el("p", { class: "fault-left", hidden: true }),
    );
  }

  /** A switch follows the sandbox only when that changes its mind: an older answer must not turn back a press. */
  #update({ name, on, left }) {
    const row = this.groups.querySelector(`[data-fault="${CSS.escape(name)}"]`);
    row.classList.toggle("on", on);
    if (this.told.get(name) !== on) row.querySelector("input").checked = on;
    this.told.set(name, on);
    const words = row.querySelector(".fault-left");
    words.hidden = !on;
    words.textContent = left
      ? `On: strikes ${left === 1 ? "once more" : `${left} more times`}`
      : "On until switched off";
  }

  #tally(part, on) {
    const node = this.groups.querySelector(`[data-part="${CSS.escape(part)}"] .on-count`);
    node.textContent = on ? `${on} on` : "";
  }

  #allOff() {
    for (const { name } of this.faults.filter((fault) => fault.on)) this.deeds.fault(name, false);
  }
}

function parts(faults) {
  return [...new Set(faults.map((fault) => fault.part))];
}

function group(title, rows) {
  return el(
    "details",
    { class: "fault-group", open: true, "data-part": title },
    el("summary", {}, el("h3", {}, title), el("span", { class: "on-count" })),
    rows,
  );
}
