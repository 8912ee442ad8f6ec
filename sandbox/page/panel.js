/** The right side: production and staging as they are, and the sandbox's own levers. */
import { el, redraw } from "./dom.js";
import { Faults } from "./faults.js";
import { fleet } from "./machines.js";
import { Night, button } from "./night.js";

const FLEETS = [
  { title: "Production", app: "drop-app", health: "production" },
  { title: "Staging", app: "drop-staging", health: "staging" },
];

export class Panel {
  /** `deeds` is {close(), clock(body), fault(name, on), kill(restart), start(), cut()}. */
  constructor(root, store, deeds) {
    Object.assign(this, { store, deeds, last: new Map() });
    this.fleets = FLEETS.map(({ app }) => el("section", { class: "panel-part fleet", "aria-label": app }));
    const clock = el("section", { class: "panel-part clock", "aria-label": "Clock" });
    const faults = el("section", { class: "panel-part", "aria-label": "Faults" });
    this.bot = el("section", { class: "bot", "aria-label": "Bot process" });
    this.faults = new Faults(faults, this.bot, deeds);
    this.night = new Night(clock, store, deeds.clock);
    root.append(
      el("button", { type: "button", class: "button button-small panel-close", onclick: deeds.close }, "Close panel"),
      this.fleets[0],
      clock,
      faults,
      this.fleets[1],
    );
  }

  show({ machines, apps, bot, faults }) {
    FLEETS.forEach(({ title, app, health }, index) => {
      const facts = { title, app, machines: machines[app] ?? [], health: apps[health] };
      const open = this.fleets[index].querySelector("details")?.open;
      const redrawn = redraw(this.fleets[index], facts, () => fleet(facts, this.#fresh(facts.machines)));
      if (redrawn && open) this.fleets[index].querySelector("details")?.setAttribute("open", "");
    });
    redraw(this.bot, bot, () => this.#process(bot));
    this.faults.show(faults);
    this.night.tick();
  }

  /** The machines whose instance is another than when last looked at. */
  #fresh(machines) {
    const changed = machines.filter(
      (machine) => this.last.has(machine.id) && this.last.get(machine.id) !== machine.instance_id,
    );
    for (const machine of machines) this.last.set(machine.id, machine.instance_id);
    return new Set(changed.map((machine) => machine.id));
  }

  #process({ running, pid, connections, restarts }) {
    const state = running ? `Running as pid ${pid ?? "unknown"}` : "Not running";
    return [
      el(
        "p",
        { class: running ? "process good" : "process bad" },
        el("span", { class: "dot" }),
        el("strong", {}, state),
        el(
          "span",
          { class: "quiet" },
          `${connections} Slack ${connections === 1 ? "connection" : "connections"}, ${restarts} ${restarts === 1 ? "restart" : "restarts"}`,
        ),
      ),
      el(
        "div",
        { class: "row" },
        running
          ? button("Kill", () => this.deeds.kill(false), "SIGKILL, and leave it dead", "process")
          : button("Start", () => this.deeds.start(), null, "process"),
        running && button("Kill and restart", () => this.deeds.kill(true), "SIGKILL, then start it again"),
        connections > 0 && button("Cut its connection", () => this.deeds.cut(), "Slack hangs up without a word"),
      ),
      el(
        "p",
        { class: "quiet" },
        running
          ? "Kill it in the middle of a rollout: started again, it reads the world and goes on."
          : "Nothing is lost. Commands fail as they would in Slack until it is started.",
      ),
    ];
  }
}
