/** The team, and whose eyes the page is seen through: what waits for each, and who acted last. */
import { el } from "./dom.js";
import { avatar } from "./icons.js";
import { time } from "./oslo.js";

/** The part "Acting as"; `actAs(key)` makes someone else look at the page. */
export function people(team, me, actAs) {
  return [
    el("h2", {}, "Acting as"),
    team.map((person, index) => one(person, index + 1, person.key === me, actAs)),
    el("p", { class: "switch-keys" }, el("kbd", {}, "Alt"), " and the number: be them"),
  ];
}

/** What waits for someone, in words: decisions by name, items by their number. */
export function waits(waiting) {
  return waiting.length ? `Waiting: ${summary(waiting)}` : "Nothing waits";
}

function one(person, number, active, actAs) {
  const { key, name, title, hue, waiting, acted, acted_last: last } = person;
  const deed = last && acted && `${time(new Date(acted.at))} ${acted.what}`;
  return el(
    "button",
    {
      type: "button",
      class: `person hue-${hue}`,
      "aria-pressed": String(active),
      "aria-keyshortcuts": `Alt+${number}`,
      "data-key": key,
      onclick: () => actAs(key),
    },
    el(
      "span",
      { class: "person-face" },
      avatar(person),
      waiting.length > 0 && el("span", { class: "count", "aria-hidden": "true" }, waiting.length),
    ),
    el(
      "span",
      { class: "person-words" },
      el("strong", {}, name),
      el("span", {}, title),
      waiting.length > 0 && el("span", { class: "person-waits" }, summary(waiting)),
      deed && el("span", { class: "person-deed", title: deed }, "Last: ", deed),
    ),
    active ? el("span", { class: "you" }, "You") : el("kbd", { "aria-hidden": "true" }, number),
  );
}

function summary(waiting) {
  const decisions = waiting.filter((what) => /^[A-Z]/.test(what));
  const items = waiting.length - decisions.length;
  return [...decisions, items && `${items} ${items === 1 ? "item" : "items"}`].filter(Boolean).join(", ");
}
