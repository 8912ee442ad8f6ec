/** "Are you sure?", in the words that the bot gave. */
import { el, successor, trapFocus } from "./dom.js";
import { mrkdwn, plainText } from "./mrkdwn.js";

const NOBODY = { names: {}, me: "" };

/** Resolves to whether the person agreed; Escape is no. */
export function confirmed(words) {
  const dialog = document.getElementById("confirm");
  const before = document.activeElement;
  const home = before.closest("[role=log], dialog") ?? document.body;
  return new Promise((resolve) => {
    const settle = (agreed) => {
      dialog.onclose = null;
      dialog.close();
      dialog.replaceChildren();
      (successor(before, home) ?? home).focus();
      resolve(agreed);
    };
    const deny = el(
      "button",
      { type: "button", class: "button", onclick: () => settle(false) },
      plainText(words.deny ?? { text: "Cancel" }),
    );
    const agree = el(
      "button",
      { type: "button", class: `button button-${words.style ?? "primary"}`, onclick: () => settle(true) },
      plainText(words.confirm ?? { text: "Yes" }),
    );
    const text = words.text?.type === "mrkdwn" ? mrkdwn(words.text.text, NOBODY) : plainText(words.text);
    const body = el(
      "div",
      { class: "modal-frame" },
      el(
        "header",
        { class: "modal-head" },
        el("h2", { id: "confirm-title" }, plainText(words.title ?? { text: "Are you sure?" })),
      ),
      el("div", { class: "modal-body text" }, text),
      el("footer", { class: "modal-foot" }, deny, agree),
    );
    trapFocus(body);
    dialog.setAttribute("aria-labelledby", "confirm-title");
    dialog.replaceChildren(body);
    dialog.onclose = () => settle(false);
    dialog.showModal();
    agree.focus();
  });
}
