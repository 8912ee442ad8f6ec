/** Machines as tiles: what runs on each, whether it is well, and who holds it. */
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { time } from "./oslo.js";

const STILL = ["started", "stopped", "suspended"];

/** A fleet is {title, app, machines, health}; `fresh` says which machines have just changed. */
export function fleet({ title, app, machines, health }, fresh) {
  const rolled = rollout(machines);
  return [
    el("header", { class: "fleet-head" }, el("h2", {}, title, el("span", { class: "app-name" }, app)), answer(health)),
    rolled && el("p", { class: "rolling" }, rolled),
    el(
      "ul",
      { class: "tiles", "aria-label": `Machines of ${app}` },
      machines.map((machine) => tile(machine, fresh.has(machine.id))),
    ),
    health?.body &&
      el(
        "details",
        { class: "answer", "data-key": `answer-${app}` },
        el("summary", {}, "Health answer"),
        el("pre", {}, JSON.stringify(health.body, null, 2)),
      ),
  ];
}

function tile(machine, fresh) {
  const moving = !STILL.includes(machine.state);
  const classes = ["tile", `tile-${condition(machine)}`, moving && "moving", fresh && "fresh"]
    .filter(Boolean)
    .join(" ");
  return el(
    "li",
    { class: classes },
    el("p", { class: "tile-id" }, el("code", {}, machine.id), el("span", { class: "region" }, machine.region)),
    el(
      "p",
      { class: "tile-image" },
      el("strong", {}, machine.tag ?? "no tag"),
      el("code", { title: machine.digest }, short(machine.digest)),
    ),
    el("p", { class: "tile-state" }, el("span", { class: "dot" }), machine.state),
    el("ul", { class: "checks", "aria-label": "Checks" }, machine.checks.map(check)),
    machine.maintenance === "true" && el("p", { class: "held maintenance" }, "Maintenance mode on"),
    machine.lease &&
      el(
        "p",
        { class: "held", title: machine.lease.description },
        icon("lock"),
        `Lease: ${machine.lease.description || machine.lease.owner}, until ${time(new Date(machine.lease.expires_at), { seconds: true })}`,
      ),
  );
}

function check({ name, status }) {
  const good = status === "passing";
  return el(
    "li",
    { class: good ? "check good" : `check ${status === "critical" ? "bad" : "unsure"}` },
    `${name.replace(/^servicecheck-\d+-/, "")} ${status}`,
  );
}

/** good, busy, bad or off: the tile's colour. What is on its way is busy, whatever its checks say yet. */
function condition({ state, checks }) {
  if (!STILL.includes(state)) return "busy";
  if (state !== "started") return "off";
  if (checks.some((one) => one.status === "critical")) return "bad";
  return checks.every((one) => one.status === "passing") ? "good" : "busy";
}

function rollout(machines) {
  const tags = [...new Set(machines.map((machine) => machine.tag))];
  if (tags.length < 2) return null;
  return tags.map((tag) => `${machines.filter((machine) => machine.tag === tag).length} on ${tag}`).join(", ");
}

function answer(health) {
  if (!health) return null;
  const good = health.status === 200;
  return el(
    "p",
    { class: good ? "health good" : "health bad" },
    el("span", { class: "dot" }),
    `${good ? "Healthy" : "Unhealthy"} · ${health.status ?? "no answer"}`,
  );
}

function short(digest) {
  return digest ? digest.replace(/^sha256:/, "").slice(0, 12) : "";
}
