/** The left rail: the workspace, its channels, and whose eyes the page is seen through. */
import { el, redraw } from "./dom.js";
import { avatar, icon, mark } from "./icons.js";
import { people } from "./people.js";

const WORKSPACE = "alai-talk";

export class Rail {
  /** `deeds` is {open(channel), actAs(key)}. */
  constructor(root, deeds) {
    Object.assign(this, { root, deeds });
    this.channels = el("section", { class: "rail-part", "aria-label": "Channels" });
    this.people = el("section", { class: "rail-part rail-people", "aria-label": "Acting as" });
    root.append(
      el(
        "header",
        { class: "workspace" },
        mark(),
        el("div", {}, el("strong", {}, WORKSPACE), el("span", {}, "Drop sandbox")),
      ),
      this.channels,
      el("div", { class: "spring" }),
      this.people,
    );
  }

  show(store) {
    const running = store.server.bot.running;
    const rooms = store.server.channels.map((channel) => ({
      ...channel,
      unread: channel.id === store.channel ? 0 : store.unread(channel.id),
    }));
    redraw(this.channels, [rooms, store.channel, running], () => [
      el("h2", {}, "Channels"),
      rooms.filter((room) => room.kind === "channel").map((room) => this.#room(room, store.channel)),
      el("h2", {}, "Direct messages"),
      rooms.filter((room) => room.kind === "im").map((room) => this.#room(room, store.channel, running)),
    ]);
    const team = store.server.people.map((person) => store.person(person.key));
    redraw(this.people, [team, store.me], () => people(team, store.me, this.deeds.actAs));
  }

  #room({ id, name, kind, unread }, current, running) {
    const label = kind === "im" ? "Drop" : name;
    const sign =
      kind === "im"
        ? el("span", { class: running ? "presence" : "presence away", title: running ? "Running" : "Not running" })
        : el("span", { class: "hash", "aria-hidden": "true" }, "#");
    return el(
      "button",
      {
        type: "button",
        class: unread ? "room unread" : "room",
        "aria-label": label,
        "aria-current": id === current ? "page" : null,
        "aria-description": unread ? `${unread} unread` : null,
        "data-key": id,
        onclick: () => this.deeds.open(id),
      },
      sign,
      el("span", { class: "room-name" }, label),
      unread > 0 && el("span", { class: "count" }, unread),
    );
  }
}

/** The channel's own line: its name, who is acting, and the way to the rail and the panel. */
export class ChannelHead {
  /** `deeds` is {rail(), panel(), theme(), tour()}. */
  constructor(root, deeds) {
    this.title = el("h2", { class: "title", id: "channel-title" });
    this.about = el("p", { class: "about" });
    this.acting = el("button", { type: "button", class: "acting", onclick: deeds.rail });
    this.theme = el("button", { type: "button", class: "tool", onclick: deeds.theme });
    this.tour = el(
      "button",
      { type: "button", class: "tool tool-tour", onclick: deeds.tour, "aria-label": "Tour" },
      icon("tour"),
    );
    this.broken = el("span", { class: "broken-count", hidden: true });
    this.panel = el(
      "button",
      {
        type: "button",
        class: "tool tool-panel",
        "aria-label": "Production",
        "aria-controls": "panel",
        onclick: deeds.panel,
      },
      icon("panel"),
      el("span", { class: "tool-name" }, "Production"),
      this.broken,
    );
    root.append(
      el(
        "button",
        { type: "button", class: "tool tool-menu", "aria-label": "Channels", onclick: deeds.rail },
        icon("menu"),
      ),
      el("div", { class: "title-words" }, this.title, this.about),
      this.acting,
      this.tour,
      this.theme,
      this.panel,
    );
  }

  show(store, { dark, panelOpen }) {
    const channel = store.server.channels.find((one) => one.id === store.channel);
    const person = store.person();
    const direct = channel.kind === "im";
    this.title.textContent = direct ? "Drop" : `#${channel.name}`;
    this.about.textContent = direct ? "Direct messages with the app" : "Releases to production, one card each";
    redraw(this.acting, person, () => [avatar(person), el("span", { class: "acting-name" }, person.name)]);
    this.acting.className = `acting hue-${person.hue}`;
    this.acting.setAttribute("aria-label", `Acting as ${person.name}`);
    redraw(this.theme, dark, () => icon(dark ? "sun" : "moon"));
    this.theme.setAttribute("aria-label", dark ? "Light theme" : "Dark theme");
    this.panel.setAttribute("aria-expanded", String(panelOpen));
    const on = store.server.faults.filter((fault) => fault.on).length;
    this.broken.hidden = !on;
    this.broken.textContent = on;
    this.panel.setAttribute("aria-description", on ? `${on} ${on === 1 ? "fault is" : "faults are"} on` : "");
  }
}
