/** What is true of the release that the tour goes along with, read off the screen as a person reads it. */

const HEADLINE = /^(CR-\d+) · Drop v(\S+) · ([^·]+) · /;
const OVER = ["completed", "rolled back", "abandoned"];
const WAY = ["preparing", "awaiting approval", "approved", "deploying", "halted", "verifying", "completed"];
const BACK = ["rolling back", "rollback incomplete", "rolled back"];
const STATEMENT = ":speech_balloon:";
const PRODUCTION = "drop-app";
export const FAULT = "failing-health";

/** The facts of now. `following` is the ts of the card that the tour has gone along with so far, if any. */
export function facts(store, following) {
  const card = current(store, following);
  const status = card?.text.match(HEADLINE)[3] ?? "";
  const machines = store.server.machines[PRODUCTION] ?? [];
  return {
    me: store.me,
    view: store.server.me === store.me ? store.server.view : null,
    card,
    thread: store.thread,
    direct: store.channel.startsWith("D"),
    ready: labels(card).includes("Request approval"),
    answered: card ? store.replies(card.channel, card.ts).some(({ blocks }) => blocks.some(isStatement)) : false,
    reached: (wanted) => BACK.includes(status) || WAY.indexOf(status) >= WAY.indexOf(wanted),
    back: BACK.includes(status),
    rolledOut: machines.every((machine) => machine.tag === tagOf(card) && well(machine)),
    broken: store.server.faults.some(({ name, on }) => name === FAULT && on),
    old: machines.every((machine) => machine.tag !== tagOf(card) && well(machine)),
  };
}

/** The card of the deployment that is open, or of the one that was followed until it was rolled back. */
function current(store, following) {
  const channel = store.server.channels.find((one) => one.kind === "channel").id;
  const card = store.roots(channel).findLast(({ text, ephemeral }) => !ephemeral && HEADLINE.test(text));
  if (!card) return null;
  const status = card.text.match(HEADLINE)[3];
  const over = OVER.includes(status) && !(card.ts === following && status !== "abandoned");
  return over ? null : { ...card, channel };
}

function labels(card) {
  return (card?.blocks ?? []).flatMap((block) => (block.elements ?? []).map((part) => part.text?.text));
}

function isStatement({ text }) {
  return text?.text?.startsWith?.(STATEMENT);
}

function tagOf(card) {
  return card && `v${card.text.match(HEADLINE)[2]}`;
}

function well({ state, checks }) {
  return state === "started" && checks.every((check) => check.status === "passing");
}
