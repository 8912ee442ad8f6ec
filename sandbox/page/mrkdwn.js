/** Slack's mrkdwn as DOM nodes (Slack: formatting text for app surfaces). */
import { el } from "./dom.js";
import { emoji } from "./emoji.js";
import { filledIn } from "./oslo.js";

const EDGE = { before: "(?<![\\w])", after: "(?![\\w])" };
const marked = (sign) =>
  `${EDGE.before}\\${sign}(?=[^\\s\\${sign}])(?:[^\\${sign}\\n]*[^\\s\\${sign}])?\\${sign}${EDGE.after}`;
const INLINE = new RegExp(
  [
    "(?<code>`[^`\\n]+`)",
    "(?<angle><[^<>\\n]+>)",
    "(?<emoji>:[a-z0-9_+-]+:)",
    `(?<bold>${marked("*")})`,
    `(?<italic>${marked("_")})`,
    `(?<strike>${marked("~")})`,
  ].join("|"),
  "g",
);
const STYLES = { bold: "strong", italic: "em", strike: "s" };
const LISTS = { bullet: /^\s*[•◦▪-]\s+/, number: /^\s*\d+\.\s+/ };
const QUOTE = /^(?:&gt;|>)\s?/;

/** Blocks of text: paragraphs, quotes, lists and ``` code. `known` is {names, me}. */
export function mrkdwn(text, known) {
  return (text ?? "")
    .split(/```\n?([\s\S]*?)\n?```/)
    .flatMap((part, index) =>
      index % 2 ? el("pre", { class: "code-block" }, el("code", {}, plain(part))) : paragraphs(part, known),
    );
}

/** A line of text, for a field or a context. */
export function inline(text, known) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(plain(text.slice(from, match.index)), token(match, known));
    from = match.index + match[0].length;
  }
  return [...nodes, plain(text.slice(from))].filter((node) => node !== "");
}

/** plain_text knows emoji and nothing else. */
export function plainText(object) {
  const text = object?.text ?? "";
  if (object?.emoji === false) return [text];
  return text
    .split(/(:[a-z0-9_+-]+:)/)
    .filter(Boolean)
    .map((part) => (/^:.+:$/.test(part) ? emoji(part.slice(1, -1)) : part));
}

/** Text of either kind, as blocks of text. */
export function textObject(object, known) {
  return object.type === "plain_text" ? plainText(object) : mrkdwn(object.text, known);
}

/** A link only where it is safe to follow. */
export function link(url, label) {
  if (!/^(https?:|mailto:)/i.test(url)) return el("span", {}, label);
  return el("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, label);
}

export function mention(id, known) {
  return el("span", { class: id === known.me ? "mention mention-me" : "mention" }, `@${known.names[id] ?? id}`);
}

function token(match, known) {
  const { code, angle, emoji: name, ...styled } = match.groups;
  if (code) return el("code", {}, plain(code.slice(1, -1)));
  if (angle) return control(angle.slice(1, -1), known);
  if (name) return emoji(name.slice(1, -1));
  const [style, text] = Object.entries(styled).find(([, found]) => found);
  return el(STYLES[style], {}, inline(text.slice(1, -1), known));
}

function control(body, known) {
  const [target, ...rest] = body.split("|");
  const label = rest.join("|");
  if (target.startsWith("@")) return mention(target.slice(1), known);
  if (target.startsWith("#"))
    return el("span", { class: "mention" }, `#${label || known.names[target.slice(1)] || target.slice(1)}`);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return el("span", { class: "mention mention-me" }, label || `@${target.slice(1)}`);
  return link(plain(target), label ? inline(label, known) : plain(target));
}

function date(target, fallback) {
  const [, seconds, format, url] = target.split("^");
  const words = Number.isFinite(Number(seconds)) ? filledIn(format, Number(seconds)) : fallback;
  return url ? link(url, words) : el("time", { title: "Oslo time" }, words);
}

function paragraphs(text, known) {
  const groups = [];
  for (const line of text.split("\n")) {
    const kind = kindOf(line);
    if (groups.at(-1)?.kind === kind) groups.at(-1).lines.push(line);
    else groups.push({ kind, lines: [line] });
  }
  return groups.filter((group) => group.kind !== "blank").map((group) => drawn(group, known));
}

function kindOf(line) {
  if (!line.trim()) return "blank";
  if (QUOTE.test(line)) return "quote";
  return Object.keys(LISTS).find((kind) => LISTS[kind].test(line)) ?? "plain";
}

function drawn({ kind, lines }, known) {
  if (kind === "quote")
    return el(
      "blockquote",
      {},
      broken(
        lines.map((line) => line.replace(QUOTE, "")),
        known,
      ),
    );
  if (kind === "plain") return el("p", {}, broken(lines, known));
  const items = lines.map((line) => el("li", {}, inline(line.replace(LISTS[kind], ""), known)));
  return kind === "bullet" ? el("ul", {}, items) : el("ol", { start: Number.parseInt(lines[0], 10) }, items);
}

function broken(lines, known) {
  return lines.flatMap((line, index) => [index ? el("br") : null, inline(line, known)]);
}

function plain(text) {
  return text.replace(/&(amp|lt|gt);/g, (entity, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}
