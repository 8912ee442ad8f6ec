/** Block Kit as DOM nodes (Slack: Block Kit reference). A surface is {known, act, fail, at?}: who is known, what a press does, and which block it is. */
import { el } from "./dom.js";
import { element } from "./elements.js";
import { inline, mrkdwn, plainText, textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";

const BLOCKS = {
  header: (block) => el("h3", { class: "block block-header" }, plainText(block.text)),
  divider: () => el("hr", { class: "block" }),
  section,
  context,
  actions,
  image,
  rich_text: (block, surface) => richText(block, surface.known),
  markdown: (block, surface) => el("div", { class: "block text" }, mrkdwn(block.text, surface.known)),
};

export function blocks(list, surface) {
  return list.map((block, at) => drawBlock(block, { ...surface, at }));
}

export function drawBlock(block, surface) {
  const draw = BLOCKS[block.type];
  return draw
    ? draw(block, surface)
    : el("p", { class: "block unknown" }, `This page does not draw “${block.type}” blocks.`);
}

/** Whether a message is a card: something with a frame of its own, not a line of talk. */
export function isCard(list) {
  return (
    list.length > 1 &&
    list.some((block) => ["header", "actions", "divider"].includes(block.type) || block.fields || block.accessory)
  );
}

function section(block, surface) {
  const text = block.text && el("div", { class: "text" }, textObject(block.text, surface.known));
  const fields =
    block.fields &&
    el(
      "div",
      { class: "fields" },
      block.fields.map((field) => el("div", { class: "field text" }, textObject(field, surface.known))),
    );
  return el(
    "div",
    { class: "block block-section" },
    el("div", { class: "section-body" }, text, fields),
    block.accessory && el("div", { class: "accessory" }, element(block.accessory, block, surface)),
  );
}

function context(block, surface) {
  return el(
    "div",
    { class: "block block-context" },
    block.elements.map((part) =>
      part.type === "image" ? picture(part) : el("span", { class: "context-text" }, contextText(part, surface.known)),
    ),
  );
}

function contextText(part, known) {
  if (part.type === "plain_text") return plainText(part);
  return part.text.split("\n").flatMap((line, index) => [index ? el("br") : null, inline(line, known)]);
}

function actions(block, surface) {
  return el(
    "div",
    { class: "block block-actions" },
    block.elements.map((part) => element(part, block, surface)),
  );
}

function image(block) {
  return el(
    "figure",
    { class: "block block-image" },
    block.title && el("figcaption", {}, plainText(block.title)),
    picture(block),
  );
}

function picture(part) {
  return el("img", { src: part.image_url, alt: part.alt_text ?? "", loading: "lazy" });
}
