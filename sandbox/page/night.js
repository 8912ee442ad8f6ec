/** The clock: Oslo's time, the night's window on a line of 24 hours, and the ways to move time. */
import { el, svg } from "./dom.js";
import { nextTime, nextWindow, onClock, openWindow, shortDay, span, time } from "./oslo.js";

const WIDTH = 288;
const HOUR = WIDTH / 24;

export class Night {
  /** `move(body)` is sent to /control/clock. */
  constructor(root, store, move) {
    Object.assign(this, { root, store });
    this.clock = el("time", { class: "clock-time" });
    this.date = el("span", { class: "clock-date" });
    this.moved = el("span", { class: "clock-moved" });
    this.window = el("p", { class: "clock-window" });
    this.now = svg("path", { class: "night-now" });
    const to = (instant) => move({ seconds: Math.ceil((instant - store.now()) / 1000) });
    root.append(
      el("header", { class: "clock-head" }, el("h2", {}, "Clock"), this.moved),
      el("p", { class: "clock-line" }, this.clock, this.date),
      this.#line(),
      this.window,
      el(
        "div",
        { class: "row" },
        button("+15 min", () => move({ seconds: 900 })),
        button("+1 h", () => move({ seconds: 3600 })),
        button("to 06:01", () => to(nextTime(store.now(), 6, 1))),
        button("to next window", () => to(nextWindow(store.now()))),
        button("reset", () => move({ seconds: -Math.round(store.server.offset_seconds) }), "Back to real time"),
      ),
    );
  }

  tick() {
    if (!this.store.server) return;
    const now = this.store.now();
    const { hour, minute } = onClock(now);
    this.clock.textContent = time(now, { seconds: true });
    this.date.textContent = `${shortDay(now)}, Oslo`;
    this.moved.textContent = moved(this.store.server.offset_seconds);
    this.now.setAttribute("d", `M${((hour + minute / 60) * HOUR).toFixed(1)} 1v26`);
    const open = openWindow(now);
    this.root.classList.toggle("open", Boolean(open));
    this.window.textContent = open
      ? `Window open, closes in ${span(open.closes - now)}`
      : `Window closed, opens ${shortDay(nextWindow(now))} in ${span(nextWindow(now) - now)}`;
  }

  #line() {
    const hours = [...Array(25).keys()].map((hour) =>
      svg("path", {
        class: hour % 6 ? "tick" : "tick tick-major",
        d: `M${hour * HOUR} ${hour % 6 ? 18 : 14}v${hour % 6 ? 4 : 8}`,
      }),
    );
    const labels = [0, 6, 12, 18].map((hour) =>
      svg("text", { x: hour * HOUR + 3, y: 33 }, `${String(hour).padStart(2, "0")}`),
    );
    return svg(
      "svg",
      { class: "night", viewBox: `-2 0 ${WIDTH + 4} 36`, "aria-hidden": "true" },
      svg("rect", { class: "night-window", x: 2 * HOUR, y: 4, width: 4 * HOUR, height: 18, rx: 3 }),
      svg("path", { class: "tick", d: `M0 22h${WIDTH}` }),
      hours,
      labels,
      this.now,
    );
  }
}

export function button(label, onclick, title, key = label) {
  return el("button", { type: "button", class: "button button-small", "data-key": key, title, onclick }, label);
}

function moved(seconds) {
  if (Math.abs(seconds) < 30) return "real time";
  return `moved by ${seconds < 0 ? "−" : "+"}${span(Math.abs(seconds) * 1000)}`;
}
