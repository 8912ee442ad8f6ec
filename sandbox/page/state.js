/** What the page knows: the sandbox's state, who is acting, what is open, and what only this page has to say. */
import * as control from "./control.js";

const SEEN = "drop-sandbox-seen";

export class Store {
  constructor({ me }) {
    this.me = me;
    this.server = null;
    this.readAt = 0;
    this.channel = null;
    this.thread = null;
    this.notices = [];
    this.dismissed = new Set();
    this.listeners = [];
    this.seen = JSON.parse(sessionStorage.getItem(SEEN) ?? "{}");
    this.reading = null;
  }

  subscribe(listener) {
    this.listeners.push(listener);
  }

  changed() {
    for (const listener of this.listeners) listener();
  }

  /** Read the state again. A call during a read makes one more read follow it. */
  async refresh() {
    if (this.reading) {
      this.readAgain = true;
      return this.reading;
    }
    this.reading = this.#read();
    return this.reading;
  }

  async #read() {
    do {
      this.readAgain = false;
      const me = this.me;
      const server = await control.state(me);
      if (server && me === this.me) this.#take(server);
      if (me !== this.me) this.readAgain = true;
    } while (this.readAgain);
    this.reading = null;
  }

  #take(server) {
    this.server = server;
    this.readAt = performance.now();
    const ids = server.channels.map((channel) => channel.id);
    if (!ids.includes(this.channel)) this.channel = this.#sameKind(server.channels);
    if (this.thread && !this.root(this.thread)) this.thread = null;
    this.changed();
  }

  #sameKind(channels) {
    const kind = this.channel?.startsWith("D") ? "im" : "channel";
    return (channels.find((channel) => channel.kind === kind) ?? channels[0])?.id ?? null;
  }

  async actAs(key) {
    this.me = key;
    this.thread = this.channel?.startsWith("D") ? null : this.thread;
    await this.refresh();
  }

  open(channel, thread = null) {
    this.channel = channel;
    this.thread = thread;
    this.changed();
  }

  /** The sandbox's time now: what it said, plus what has passed since. */
  now() {
    if (!this.server) return new Date();
    return new Date(Date.parse(this.server.now) + performance.now() - this.readAt);
  }

  /** Slack says something to this person alone, without the bot: a failed command, an unknown one. */
  notice(text, thread = null) {
    const last = this.messages(this.channel).at(-1)?.ts ?? 0;
    const ts = Math.max(Date.now() / 1000, Number(last) + 0.000001).toFixed(6);
    this.notices.push({
      ts,
      at: this.now().toISOString(),
      user: "USLACKBOT",
      name: "Slackbot",
      is_bot: true,
      text,
      ephemeral: true,
      notice: true,
      for: this.me,
      channel: this.channel,
      ...(thread && { thread_ts: thread }),
    });
    this.changed();
  }

  dismiss(ts) {
    this.dismissed.add(ts);
    this.changed();
  }

  /** Everything said in the channel, oldest first, threads included. */
  messages(channel) {
    const said = this.server?.messages[channel] ?? [];
    const own = this.notices.filter((notice) => notice.for === this.me && notice.channel === channel);
    return [...said, ...own]
      .filter((message) => !this.dismissed.has(message.ts))
      .sort((a, b) => Number(a.ts) - Number(b.ts));
  }

  roots(channel) {
    return this.messages(channel).filter(isRoot);
  }

  replies(channel, ts) {
    return this.messages(channel).filter((message) => message.thread_ts === ts && message.ts !== ts);
  }

  /** What everyone sees of a thread: whispers are not counted as replies. */
  answers(channel, ts) {
    return this.replies(channel, ts).filter((message) => !message.ephemeral);
  }

  root(ts) {
    return this.messages(this.channel).find((message) => message.ts === ts);
  }

  person(key = this.me) {
    const hue = this.server?.people.findIndex((person) => person.key === key) ?? -1;
    return hue < 0 ? { key, name: key, title: "", id: "", hue: 0 } : { ...this.server.people[hue], hue };
  }

  /** Names by Slack id, of people, of the bot and of channels. */
  names() {
    const spoken = Object.values(this.server.messages)
      .flat()
      .filter((message) => message.user)
      .map((message) => [message.user, message.name]);
    const people = this.server.people.map((person) => [person.id, person.name]);
    const channels = this.server.channels.map((channel) => [channel.id, channel.name]);
    return { names: Object.fromEntries([...spoken, ...people, ...channels]), me: this.person().id };
  }

  /** How many root messages this person has not looked at. */
  unread(channel) {
    const seen = Number(this.seen[`${this.me}/${channel}`] ?? 0);
    return this.roots(channel).filter((message) => Number(message.ts) > seen && message.user !== this.person().id)
      .length;
  }

  see(channel) {
    const newest = this.roots(channel).at(-1)?.ts;
    const key = `${this.me}/${channel}`;
    if (!newest || this.seen[key] === newest) return;
    this.seen[key] = newest;
    sessionStorage.setItem(SEEN, JSON.stringify(this.seen));
  }
}

function isRoot(message) {
  return !message.thread_ts || message.thread_ts === message.ts;
}
