/** Where a note stands: beside what it is about, and never on it. */

const GAP = 14;
const EDGE = 10;

/** {left, top} for a note of this size beside a DOMRect, in a view of this size. Without room it goes to a far corner. */
export function beside(about, note, view) {
  const middle = {
    left: within(about.left + about.width / 2 - note.width / 2, note.width, view.width),
    top: within(about.top + about.height / 2 - note.height / 2, note.height, view.height),
  };
  const sides = [
    { left: about.right + GAP, top: middle.top },
    { left: about.left - note.width - GAP, top: middle.top },
    { left: middle.left, top: about.top - note.height - GAP },
    { left: middle.left, top: about.bottom + GAP },
  ];
  const corners = [view.height - note.height - EDGE, EDGE].flatMap((top) =>
    [view.width - note.width - EDGE, EDGE].map((left) => ({ left, top })),
  );
  const places = [...sides.filter((at) => fits(at, note, view)), ...corners];
  return places.find((at) => !covers(at, note, about)) ?? corners[0];
}

function within(start, length, whole) {
  return Math.max(EDGE, Math.min(start, whole - length - EDGE));
}

function fits({ left, top }, { width, height }, view) {
  return left >= EDGE && top >= EDGE && left + width <= view.width - EDGE && top + height <= view.height - EDGE;
}

function covers({ left, top }, { width, height }, about) {
  return left < about.right && left + width > about.left && top < about.bottom && top + height > about.top;
}
