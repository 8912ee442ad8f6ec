/** Joins the page: one store, and each part of the screen drawn from it. */
import { Announcer } from "./announcer.js";
import { answer } from "./colleagues.js";
import { Composer } from "./composer.js";
import * as control from "./control.js";
import { el } from "./dom.js";
import { commandFailure, failure } from "./failures.js";
import { MessageList } from "./messages.js";
import { Modal } from "./modal.js";
import { Panel } from "./panel.js";
import { waits } from "./people.js";
import { ChannelHead, Rail } from "./rail.js";
import { Shell } from "./shell.js";
import { Store } from "./state.js";
import { isCommand } from "./suggestions.js";
import { Tour } from "./tour.js";
import { welcome } from "./welcome.js";

const byId = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const store = new Store({ me: asked.get("as") ?? "john" });
store.channel = asked.get("channel");
store.thread = asked.get("thread");

const shell = new Shell(() => show());
const rail = new Rail(byId("rail"), {
  open: (channel) => {
    store.open(channel);
    shell.shut();
    composer.focus();
  },
  actAs,
});
const head = new ChannelHead(byId("channel-head"), {
  rail: () => shell.rail(),
  panel: () => shell.panel(),
  theme: () => shell.theme(),
  tour: () => tour.start(store),
});
const deeds = { click, dismiss: (ts) => store.dismiss(ts), open: openThread };
const messages = new MessageList(byId("messages"), deeds);
const replies = new MessageList(byId("replies"), deeds, { inThread: true });
const composer = new Composer(byId("composer"), {
  id: "composer",
  label: "Send",
  send: (text) => send(text, null),
  verbs: () => store.server?.verbs ?? [],
});
const threadComposer = new Composer(byId("thread-composer"), {
  id: "thread-composer",
  label: "Reply",
  send: (text) => send(text, store.thread),
});
const announcer = new Announcer(byId("news"));
const modal = new Modal(byId("modal"), { submit, close: closeView, click: (action) => act("click", action) });
const panel = new Panel(byId("panel"), store, {
  close: () => shell.panel(),
  clock: (body) => act("clock", body),
  fault: (fault, on) => act("fault", { fault, on }),
  kill: (restart) => act("kill", { restart }),
  start: () => act("start", {}),
  cut: () => act("disconnect", { hard: true }),
});
const tour = new Tour(byId("tour"), shell, {
  write: (text) => composer.write(text),
  fill: (values) => modal.fill(values),
  answer: async (_, say) => {
    await answer(say);
    await store.refresh();
  },
});
byId("thread-head").append(
  el("h2", { class: "title" }, "Thread"),
  el("button", { type: "button", class: "button button-small", onclick: closeThread }, "Close thread"),
);

store.subscribe(show);
setInterval(() => panel.night.tick(), 1000);
document.addEventListener("visibilitychange", show);
document.addEventListener("keydown", digit);
byId("thread").addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) closeThread();
});
control.listen(() => store.refresh(), connection);
store.refresh();

function show() {
  if (!store.server?.channels.length) return;
  if (!document.hidden) store.see(store.channel);
  rail.show(store);
  head.show(store, shell);
  const context = { known: store.names(), hue, replies: (ts) => store.answers(store.channel, ts), empty };
  messages.show(`${store.me}/${store.channel}`, store.roots(store.channel), context);
  byId("messages").setAttribute("aria-label", `Messages in ${place()}`);
  composer.show(`${store.me}/${store.channel}`, { person: store.person(), placeholder: `Message ${place()}` });
  showThread(context);
  announcer.show(`${store.me}/${store.channel}/${store.thread}`, [
    ...store.roots(store.channel),
    ...(store.thread ? store.replies(store.channel, store.thread) : []),
  ]);
  modal.show(store.server.me === store.me ? store.server.view : null, store.server.errors, context.known);
  panel.show(store.server);
  shell.address(
    store,
    store.server.channels.reduce((sum, channel) => sum + store.unread(channel.id), 0),
  );
  tour.show(store);
}

function showThread(context) {
  byId("thread").hidden = !store.thread;
  byId("app").classList.toggle("with-thread", Boolean(store.thread));
  if (!store.thread) return;
  const root = store.root(store.thread);
  replies.show(
    `${store.me}/${store.thread}`,
    [root, ...store.replies(store.channel, store.thread)].filter(Boolean),
    context,
  );
  threadComposer.show(`${store.me}/${store.thread}`, { person: store.person(), placeholder: "Reply in thread" });
}

/** Be someone else, and say so to whoever cannot see the colour change. */
async function actAs(key) {
  await store.actAs(key);
  shell.shut();
  const { name, title, waiting } = store.person();
  announcer.say(`Acting as ${name}, ${title}. ${waits(waiting)}`);
}

/** 1 to 4 outside of text, or Alt with the digit anywhere: the people in their order. */
function digit(event) {
  const person = store.server?.people[Number(event.code.match(/^Digit([1-9])$/)?.[1]) - 1];
  const typing = event.target.closest?.("input, textarea, select, dialog");
  if (!person || event.ctrlKey || event.metaKey || event.shiftKey || (typing && !event.altKey)) return;
  if (document.querySelector("#confirm[open]")) return;
  event.preventDefault();
  actAs(person.key);
}

async function send(text, thread) {
  if (isCommand(text)) return command(text, thread);
  const answer = await act("message", { channel: store.channel, text, ...(thread && { thread_ts: thread }) });
  return answer.ok !== false;
}

/** Slack's client: no commands in threads, none that no app registered, and an error where the ack did not come. */
async function command(text, thread) {
  const name = text.split(/\s/)[0];
  if (thread) store.notice(`\`${name}\` is not supported in threads. Sorry!`, thread);
  else if (name !== "/drop") store.notice(`\`${name}\` is not a valid command. The one that is here is \`/drop\`.`);
  else {
    const answer = await control.post("command", { as: store.me, channel: store.channel, text });
    if (!answer.ok) store.notice(commandFailure(name, answer.error));
    await store.refresh();
  }
  return true;
}

function click(message, action) {
  return act(
    "click",
    { channel: store.channel, ts: message.ts, ...(message.thread_ts && { thread_ts: message.thread_ts }), ...action },
    { quiet: true },
  );
}

async function submit(values, view) {
  return act("submit", { values, view_id: view.id }, { quiet: true });
}

function closeView() {
  return act("close", {});
}

/** Do it as the acting person, then show what is now true. */
async function act(deed, body, { quiet = false } = {}) {
  const answer = await control.post(deed, { as: store.me, ...body });
  if (answer.ok === false && !quiet) store.notice(failure(answer.error));
  await store.refresh();
  return answer;
}

function openThread(ts) {
  store.open(store.channel, ts);
  threadComposer.focus();
}

function closeThread() {
  const from = store.thread;
  store.open(store.channel);
  byId("messages").querySelector(`[data-key="replies-${from}"], [data-key="reply-${from}"]`)?.focus();
}

function connection(wait) {
  const line = byId("connection");
  line.hidden = !wait;
  line.textContent = wait ? "The sandbox cannot be reached. Trying again…" : "";
}

function empty() {
  return welcome({ place: place(), direct: store.channel.startsWith("D"), write: (text) => composer.write(text) });
}

function hue(user) {
  const at = store.server.people.findIndex((person) => person.id === user);
  return at < 0 ? null : at;
}

function place() {
  const channel = store.server.channels.find((one) => one.id === store.channel);
  return channel.kind === "im" ? "Drop" : `#${channel.name}`;
}
