/** Says what is new to whoever listens instead of looking: a line for each message or changed headline, politely. */

const LONGEST = 160;
const AT_ONCE = 3;

export class Announcer {
  constructor(node) {
    Object.assign(this, { node, key: null, heard: new Map() });
  }

  /** Another `key` is another conversation: what already stands there is not read out. */
  show(key, messages) {
    const other = this.key !== key;
    const news = messages.filter(({ ts, text }) => this.heard.get(ts) !== text);
    this.key = key;
    this.heard = new Map(messages.map(({ ts, text }) => [ts, text]));
    if (!other && news.length) this.say(news.slice(-AT_ONCE).map(line).join(". "));
  }

  say(words) {
    this.node.textContent = words;
  }
}

function line({ name, text }) {
  const plain = text.replace(/[*_~`<>]/g, "").replace(/\s+/g, " ");
  return `${name}: ${plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain}`;
}
