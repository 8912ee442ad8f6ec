/** A list of messages, kept by their ts: an edited card is redrawn in place, everything else stays as it is. */
import { blocks, isCard } from "./blocks.js";
import { el, keepingFocus } from "./dom.js";
import { failure } from "./failures.js";
import { avatar, icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { day, time } from "./oslo.js";

const NEAR = 80;
const TOGETHER = 5 * 60_000;

export class MessageList {
  /** `deeds` is {click(message, action), dismiss(ts), open(ts)}; `inThread` hides the way into the thread. */
  constructor(root, deeds, { inThread = false } = {}) {
    Object.assign(this, { root, deeds, inThread, key: null, nodes: new Map() });
    this.end = el(
      "button",
      { type: "button", class: "to-end", hidden: true, onclick: () => this.#toEnd("smooth") },
      icon("down"),
      "Newest messages",
    );
    root.after(this.end);
    this.pinned = true;
    root.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => {
      if (this.pinned) this.#toEnd();
    }).observe(root);
  }

  /** Show these messages. Another `key` is another conversation, and starts at its end. */
  show(key, messages, context) {
    const other = this.key !== key;
    const stay = !other && !this.pinned;
    const grew = messages.length > this.nodes.size;
    if (other) this.#clear(key);
    keepingFocus(this.root, () => this.#place(messages, context));
    if (stay) this.end.hidden = !grew && this.end.hidden;
    else this.#toEnd();
  }

  #clear(key) {
    this.key = key;
    this.nodes.clear();
    this.root.replaceChildren();
    this.end.hidden = true;
  }

  #place(messages, context) {
    const wanted = messages.flatMap((message, index) => this.#rows(message, messages[index - 1], context));
    const keep = new Set(wanted);
    for (const child of [...this.root.children]) if (!keep.has(child)) child.remove();
    wanted.forEach((node, index) => {
      if (this.root.children[index] !== node) this.root.insertBefore(node, this.root.children[index] ?? null);
    });
    if (!wanted.length) this.root.append(context.empty());
    const alive = new Set(messages.map((message) => message.ts));
    for (const ts of this.nodes.keys()) if (!alive.has(ts)) this.nodes.delete(ts);
  }

  #rows(message, before, context) {
    const follows = continues(message, before);
    const replies = this.inThread ? [] : context.replies(message.ts);
    const signature = JSON.stringify([message, follows, replies.map((reply) => reply.ts), context.known.me]);
    const kept = this.nodes.get(message.ts);
    if (kept?.signature !== signature) {
      const rows = [this.#message(message, follows, replies, context)];
      if (!before || day(new Date(before.at)) !== day(new Date(message.at))) rows.unshift(divider(message));
      this.nodes.set(message.ts, { signature, rows });
    }
    return this.nodes.get(message.ts).rows;
  }

  #message(message, follows, replies, context) {
    const classes = ["message", follows && "follows", message.ephemeral && "ephemeral", message.notice && "notice"]
      .filter(Boolean)
      .join(" ");
    const body = el("div", { class: "message-body" });
    body.append(
      ...[
        follows ? null : this.#byline(message),
        this.#content(message, context),
        replies.length ? this.#summary(message, replies, context) : null,
      ].filter(Boolean),
    );
    const at = new Date(message.at);
    const side = follows
      ? el("time", { class: "side-time", datetime: message.at }, time(at))
      : avatar({ name: message.name, hue: context.hue(message.user), isBot: message.is_bot && !message.notice });
    return el(
      "article",
      { class: classes, "data-ts": message.ts, "aria-label": `${message.name}, ${time(at)}` },
      message.ephemeral &&
        el(
          "p",
          { class: "only-you" },
          icon("eye"),
          "Only visible to you",
          el("button", { type: "button", class: "link", onclick: () => this.deeds.dismiss(message.ts) }, "Dismiss"),
        ),
      el("div", { class: "message-side" }, side),
      body,
      !message.ephemeral && !this.inThread && this.#replyButton(message),
    );
  }

  #byline(message) {
    const at = new Date(message.at);
    return el(
      "p",
      { class: "byline" },
      el("strong", { class: "author" }, message.name),
      message.is_bot && el("span", { class: "badge" }, "APP"),
      el("time", { datetime: message.at, title: `${day(at)}, ${time(at, { seconds: true })} Oslo` }, time(at)),
    );
  }

  #content(message, context) {
    const surface = {
      known: context.known,
      act: (action) => this.deeds.click(message, action),
      fail: (error) => this.#fail(message, error),
    };
    const edited = message.edited && el("span", { class: "edited" }, "(edited)");
    if (!message.blocks?.length) return el("div", { class: "text" }, mrkdwn(message.text, context.known), edited);
    return el(
      "div",
      { class: isCard(message.blocks) ? "blocks card" : "blocks" },
      blocks(message.blocks, surface),
      edited,
    );
  }

  #summary(message, replies, context) {
    const faces = [...new Map(replies.map((reply) => [reply.user, reply])).values()].slice(0, 4);
    const count = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
    return el(
      "p",
      { class: "replies" },
      faces.map((reply) => avatar({ name: reply.name, hue: context.hue(reply.user), isBot: reply.is_bot })),
      el(
        "button",
        {
          type: "button",
          class: "link",
          "data-key": `replies-${message.ts}`,
          onclick: () => this.deeds.open(message.ts),
        },
        count,
      ),
      el("span", { class: "quiet" }, `Last reply ${time(new Date(replies.at(-1).at))}`),
    );
  }

  #replyButton(message) {
    return el(
      "button",
      {
        type: "button",
        class: "reply-button",
        "data-key": `reply-${message.ts}`,
        onclick: () => this.deeds.open(message.ts),
      },
      "Reply in thread",
    );
  }

  /** Say it on the message as it stands now: it may have been drawn again since the press. */
  #fail({ ts }, error) {
    const body = this.root.querySelector(`[data-ts="${CSS.escape(ts)}"] .message-body`);
    body?.querySelector(".failed")?.remove();
    body?.append(el("p", { class: "failed", role: "alert" }, failure(error)));
  }

  /** Pinned to the end until someone scrolls away; a scroll that only a new width caused does not count. */
  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight, clientWidth } = this.root;
    const resized = clientWidth !== this.width || clientHeight !== this.height;
    if (!resized) this.pinned = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.pinned) this.end.hidden = true;
  }

  #toEnd(behavior = "instant") {
    this.width = this.root.clientWidth;
    this.height = this.root.clientHeight;
    this.pinned = true;
    this.end.hidden = true;
    this.root.scrollTo({ top: this.root.scrollHeight, behavior });
  }
}

/** Talk by one person in one go needs no second avatar; cards and whispers stand alone. */
function continues(message, before) {
  if (!before || before.user !== message.user || message.ephemeral || before.ephemeral) return false;
  if (message.blocks?.length || before.blocks?.length) return false;
  return Date.parse(message.at) - Date.parse(before.at) < TOGETHER;
}

function divider(message) {
  return el("p", { class: "day" }, el("span", {}, day(new Date(message.at))));
}
