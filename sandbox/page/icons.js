/** The page's own drawings: interface icons, the Drop mark and avatars. */
import { el, svg } from "./dom.js";

const STROKES = {
  menu: ["M4 7h16", "M4 12h16", "M4 17h16"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  panel: ["M4 5h16v14H4z", "M14.5 5v14"],
  moon: ["M19 14.5A7.5 7.5 0 0 1 9.5 5a7.5 7.5 0 1 0 9.5 9.5z"],
  sun: [
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
    "M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  ],
  send: ["M4 12l16-7-5 16-3.5-6.5z", "M11.5 14.5L20 5"],
  lock: ["M6.5 11h11v8.5h-11z", "M9 11V8a3 3 0 0 1 6 0v3"],
  more: ["M6 12h.01", "M12 12h.01", "M18 12h.01"],
  eye: ["M3 12s3.3-6 9-6 9 6 9 6-3.3 6-9 6-9-6-9-6z", "M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z"],
  tour: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", "M15.5 8.5l-2 5-5 2 2-5z"],
  down: ["M12 5v13", "M6.5 12.5L12 18l5.5-5.5"],
};

export function icon(name) {
  const paths = STROKES[name].map((d) => svg("path", { d }));
  return svg("svg", { class: `icon icon-${name}`, viewBox: "0 0 24 24", "aria-hidden": "true" }, paths);
}

export function mark() {
  return svg(
    "svg",
    { class: "mark", viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("path", { d: "M12 3.2c3.4 4.3 5.8 7.2 5.8 10.5a5.8 5.8 0 0 1-11.6 0C6.2 10.4 8.6 7.5 12 3.2z" }),
    svg("path", { class: "mark-tick", d: "M9.2 13.7l2.1 2.1 3.6-3.9" }),
  );
}

/** Initials on the person's own colour; the bot has the Drop mark instead. */
export function avatar({ name, hue, isBot = false }) {
  if (isBot) return el("span", { class: "avatar avatar-bot", "aria-hidden": "true" }, mark());
  return el("span", { class: `avatar hue-${hue ?? "none"}`, "aria-hidden": "true" }, initials(name));
}

function initials(name) {
  const words = name.trim().split(/\s+/);
  return (words.length > 1 ? words[0][0] + words.at(-1)[0] : name.slice(0, 2)).toUpperCase();
}
