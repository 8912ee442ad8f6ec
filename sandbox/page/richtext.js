/** rich_text blocks: sections, lists, quotes and code. */
import { el } from "./dom.js";
import { emoji } from "./emoji.js";
import { link, mention } from "./mrkdwn.js";
import { filledIn } from "./oslo.js";

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code" };

const ELEMENTS = {
  text: (part) => part.text,
  link: (part) => link(part.url, part.text ?? part.url),
  emoji: (part) => emoji(part.name),
  user: (part, known) => mention(part.user_id, known),
  channel: (part, known) => el("span", { class: "mention" }, `#${known.names[part.channel_id] ?? part.channel_id}`),
  broadcast: (part) => el("span", { class: "mention mention-me" }, `@${part.range}`),
  date: (part) => filledIn(part.format ?? "{date_short} {time}", part.timestamp),
};

const PARTS = {
  rich_text_section: (part, known) => el("p", {}, inline(part, known)),
  rich_text_quote: (part, known) => el("blockquote", {}, inline(part, known)),
  rich_text_preformatted: (part, known) => el("pre", { class: "code-block" }, el("code", {}, inline(part, known))),
  rich_text_list: (part, known) =>
    el(
      part.style === "ordered" ? "ol" : "ul",
      { class: `indent-${part.indent ?? 0}` },
      part.elements.map((item) => el("li", {}, inline(item, known))),
    ),
};

export function richText(block, known) {
  return el(
    "div",
    { class: "block text" },
    block.elements.map((part) => PARTS[part.type]?.(part, known)),
  );
}

function inline(part, known) {
  return part.elements.map((piece) => styled(ELEMENTS[piece.type]?.(piece, known) ?? "", piece.style));
}

function styled(node, style = {}) {
  return Object.keys(STYLES)
    .filter((name) => style[name])
    .reduce((inside, name) => el(STYLES[name], {}, inside), lines(node));
}

function lines(node) {
  if (typeof node !== "string") return node;
  return node.split("\n").flatMap((line, index) => (index ? [el("br"), line] : [line]));
}
