/** What an empty conversation says: where you are, and what to try first. */
import { el } from "./dom.js";
import { mark } from "./icons.js";

const FIRST_STEPS = [
  { text: "/drop help", about: "what Drop can do, and who may" },
  { text: "/drop deploy 0.5.0", about: "open a release to production" },
  { text: "/drop status", about: "what is open now" },
];

/** `write(text)` puts the text into the message box; nothing is sent. */
export function welcome({ place, direct, write }) {
  const about = direct
    ? "Drop writes here when it needs this person: an approver gets the card with the plan to sign."
    : "This is a whole workspace on your own machine: Slack, Fly.io and the app are stand-ins, the bot is the real one. Break anything you like.";
  return el(
    "div",
    { class: "welcome" },
    mark(),
    el("h2", {}, `Nothing has been said in ${place} yet`),
    el("p", {}, about),
    el(
      "ul",
      {},
      FIRST_STEPS.map((step) =>
        el(
          "li",
          {},
          el("button", { type: "button", class: "button try", onclick: () => write(step.text) }, step.text),
          el("span", { class: "quiet" }, step.about),
        ),
      ),
    ),
  );
}
