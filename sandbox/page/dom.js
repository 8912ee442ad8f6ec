/** Builds DOM nodes. Text only ever goes in as text, so what people type is never markup. */

const SVG = "http://www.w3.org/2000/svg";
const drawn = new WeakMap();

/** An element with attributes, `on…` listeners and children; empty children are left out. */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** Draw again only when the facts differ, and give the focus back to the part that had it. */
export function redraw(container, facts, draw) {
  const signature = JSON.stringify(facts);
  if (drawn.get(container) === signature) return false;
  drawn.set(container, signature);
  keepingFocus(container, () => container.replaceChildren(...[draw()].flat(Infinity).filter(present)));
  return true;
}

/** Run `change`; if it drew the node with the focus again, focus what now stands there, or else the container. */
export function keepingFocus(container, change) {
  const active = document.activeElement;
  const held = active !== container && container.contains(active);
  change();
  if (held && document.activeElement !== active)
    (successor(active, container) ?? container).focus({ preventScroll: true });
}

/** What stands in `container` where `node` stood before it was drawn again: the same `data-key` in the same message. */
export function successor(node, container) {
  if (node.isConnected) return node;
  const key = node.closest("[data-key]")?.dataset.key;
  const ts = node.closest("[data-ts]")?.dataset.ts;
  const message = ts ? container.querySelector(`[data-ts="${CSS.escape(ts)}"]`) : container;
  return key ? message?.querySelector(`[data-key="${CSS.escape(key)}"]`) : null;
}

/** Keep Tab inside `node`: from the last control to the first, and back. */
export function trapFocus(node) {
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    const stops = [...node.querySelectorAll("button, input, select, textarea, a[href]")].filter(
      (stop) => !stop.disabled && stop.checkVisibility(),
    );
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (document.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  });
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (!present(value)) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter(present));
  return node;
}

function present(value) {
  return value !== undefined && value !== null && value !== false;
}
