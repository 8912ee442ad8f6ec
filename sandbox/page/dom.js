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

/** Run `change`, then focus the node inside `container` that carries the same `data-key` as before. */
export function keepingFocus(container, change) {
  const active = document.activeElement;
  const key = container.contains(active) ? active.closest("[data-key]")?.dataset.key : undefined;
  change();
  if (key) container.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

/** Keep Tab inside `node`: from the last control to the first, and back. */
export function trapFocus(node) {
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    const stops = [...node.querySelectorAll("button, input, select, textarea, a[href]")].filter(
      (stop) => !stop.disabled,
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
