/** The colleagues answer: each presses what the cards ask of them, and speaks in the form, as a person would. */
import * as control from "./control.js";

const LOOK_AGAIN = 400;
const LOOKS = 100;
const WORDS = "Gone through by hand for this release: it is as the line says.";

/** Let everyone answer until nothing is left to settle; `say(words)` tells how far they are, null at the end. */
export async function answer(say) {
  const answered = new Set();
  for (let look = 0; look < LOOKS; look += 1) {
    const state = await control.state("john");
    const left = state ? open(state, answered) : [];
    if (state && !left.length && isReady(state)) break;
    say(left.length ? `The team answers: ${left.length} lines to go…` : "Drop reads the rest of its checks…");
    for (const one of left) await press(state, one, answered);
    await new Promise((done) => setTimeout(done, LOOK_AGAIN));
  }
  say(null);
}

/** What waits and has not been answered here: {person, item}. */
function open(state, answered) {
  return state.people.flatMap(({ key, waiting }) =>
    waiting.filter((what) => /^[a-z]/.test(what) && !answered.has(what)).map((item) => ({ person: key, item })),
  );
}

function isReady(state) {
  return state.people.some(({ waiting }) => waiting.some((what) => /^[A-Z]/.test(what)));
}

async function press(state, { person, item }, answered) {
  if (answered.has(item)) return;
  const asked = toBeAskedFor(state, item);
  if (asked) {
    const { channel, command } = asked;
    if ((await control.post("command", { as: person, channel, text: command })).ok) answered.add(item);
    return;
  }
  const found = place(state, item);
  if (!found) return;
  const { card, button, block } = found;
  const where = {
    channel: card.channel,
    ts: card.ts,
    thread_ts: card.thread_ts,
    action_id: button.action_id,
    block_id: block.block_id,
  };
  const pressed = await control.post("click", { as: person, ...where });
  if (!pressed.ok) return; // the card was drawn anew in between: the next look finds its button again
  for (const line of button.action_id === "attest" ? await speak(person) : [item]) answered.add(line);
}

/** What to type for an item whose check does something, and only when somebody asks for it; null for any other. */
function toBeAskedFor(state, item) {
  const channel = state.channels.find(({ kind }) => kind === "channel").id;
  for (const card of state.messages[channel]) {
    const line = card.blocks.find(({ block_id: id }) => id?.split("/")[1] === item);
    const typed = line?.text?.text.match(/`(\/drop check [^`]+)`/);
    if (typed) return { channel, command: typed[1] };
  }
  return null;
}

/** The button that an item waits for: its own, or the one below its card. */
function place(state, item) {
  const channel = state.channels.find(({ kind }) => kind === "channel").id;
  for (const card of state.messages[channel].map((message) => ({ ...message, channel }))) {
    const line = card.blocks.find(({ block_id: id }) => id?.split("/")[1] === item);
    if (!line || card.ephemeral) continue;
    if (line.accessory?.action_id === "confirm") return { card, button: line.accessory, block: line };
    const block = card.blocks.find(({ elements }) => elements?.some((part) => part.action_id === "attest"));
    if (block) return { card, button: block.elements.find((part) => part.action_id === "attest"), block };
  }
  return null;
}

/** Speak for all that the form offers; the lines that were spoken for. */
async function speak(person) {
  const view = await opened(person);
  const offered = view?.blocks.find(({ block_id: id }) => id === "items")?.element.options ?? [];
  const items = offered.map((option) => option.value);
  const sent =
    view && (await control.post("submit", { as: person, view_id: view.id, values: { items, words: WORDS } }));
  return sent?.ok ? items : [];
}

async function opened(person) {
  for (let look = 0; look < 10; look += 1) {
    const view = (await control.state(person))?.view;
    if (view) return view;
    await new Promise((done) => setTimeout(done, LOOK_AGAIN / 4));
  }
  return null;
}
