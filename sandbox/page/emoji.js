/** Slack's :names: for the few emoji that a deployment's cards use, drawn here because fonts differ and may lack them. */
import { el, svg } from "./dom.js";

const GREEN = "#2e9e6b",
  RED = "#d4404f",
  AMBER = "#f0b033",
  BLUE = "#3b82d6",
  GREY = "#8a99a5",
  NIGHT = "#33414d",
  WHITE = "#fff";

const disc = (colour) => [["circle", { cx: 10, cy: 10, r: 8, fill: colour }]];
const square = (colour) => [["rect", { x: 2, y: 2, width: 16, height: 16, rx: 3, fill: colour }]];
const ring = [["circle", { cx: 10, cy: 10, r: 7.2, fill: "#f4f7f9", stroke: GREY, "stroke-width": 1.6 }]];
const line = (d, stroke, width = 2.4) => [
  "path",
  { d, stroke, fill: "none", "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round" },
];
const shape = (d, fill) => ["path", { d, fill }];
const tile = (...inside) => [...square(BLUE), ...inside];
const tick = "M5.5 10.3l3 3 6-6.6";

const DRAWINGS = {
  white_check_mark: [...square(GREEN), line(tick, WHITE)],
  heavy_check_mark: [line(tick, GREEN, 3)],
  ballot_box_with_check: tile(line(tick, WHITE)),
  x: [line("M4.5 4.5l11 11M15.5 4.5l-11 11", RED, 3.4)],
  warning: [
    shape("M10 1.8l8.7 15.4a.8.8 0 0 1-.7 1.2H2a.8.8 0 0 1-.7-1.2z", AMBER),
    line("M10 7.5v4.6M10 15.2v.1", "#3a2a00", 2.2),
  ],
  hourglass_flowing_sand: [
    line("M5 2.5h10M5 17.5h10", "#8a5a2b", 2.2),
    shape("M6 3.5h8c0 3.5-3 4.7-3 6.5s3 3 3 6.5H6c0-3.5 3-4.7 3-6.5S6 7 6 3.5z", "#cfdde6"),
    shape(
      "M7.3 5.5h5.4c-.5 1.8-2.2 2.5-2.7 4-.5-1.5-2.2-2.2-2.7-4zM6.6 16.5c.4-2 2-2.4 3.4-3.6 1.4 1.2 3 1.6 3.4 3.6z",
      AMBER,
    ),
  ],
  rocket: [
    shape("M17.8 2.2c-5 0-8.6 2.2-10.9 6.6l4.3 4.3c4.4-2.3 6.6-5.9 6.6-10.9z", "#9fb4c3"),
    shape("M7.6 7.7l-3.9.9-2 3.1 3.9-.3zM12.3 12.4l-.9 3.9-3.1 2 .3-3.9z", RED),
    shape("M6 12.2c-2 .4-3 2-3.3 4.9 2.9-.3 4.5-1.3 4.9-3.3z", AMBER),
    ["circle", { cx: 13, cy: 7, r: 1.7, fill: "#2b4a66" }],
  ],
  no_entry: [...disc(RED), line("M5.6 10h8.8", WHITE, 3)],
  red_circle: disc(RED),
  large_green_circle: disc(GREEN),
  large_yellow_circle: disc(AMBER),
  large_blue_circle: disc(BLUE),
  white_circle: ring,
  large_green_square: square(GREEN),
  large_yellow_square: square(AMBER),
  large_red_square: square(RED),
  large_blue_square: square(BLUE),
  black_large_square: square(NIGHT),
  white_large_square: [["rect", { x: 2, y: 2, width: 16, height: 16, rx: 3, fill: "currentcolor", opacity: 0.18 }]],
  black_square_button: [
    ...square(NIGHT),
    ["rect", { x: 5.5, y: 5.5, width: 9, height: 9, rx: 1.5, fill: "none", stroke: WHITE, "stroke-width": 1.6 }],
  ],
  arrows_counterclockwise: tile(
    line("M5.5 9.3a4.7 4.7 0 0 1 8.3-2.3M14.5 10.7a4.7 4.7 0 0 1-8.3 2.3", WHITE, 1.9),
    line("M14.2 4.6v2.6h-2.6M5.8 15.4v-2.6h2.6", WHITE, 1.7),
  ),
  lock: [
    line("M6.5 9V6.5a3.5 3.5 0 0 1 7 0V9", GREY, 2),
    ["rect", { x: 4, y: 8.5, width: 12, height: 9, rx: 2, fill: AMBER }],
    line("M10 12v2", "#3a2a00", 2),
  ],
  bell: [
    shape("M10 2.2c3 0 4.8 2.2 4.8 5.2 0 3.7 1.7 5 2.2 6.6H3c.5-1.6 2.2-2.9 2.2-6.6 0-3 1.8-5.2 4.8-5.2z", AMBER),
    shape("M7.8 15.2h4.4a2.2 2.2 0 0 1-4.4 0z", "#9a6a10"),
  ],
  rewind: tile(shape("M9.5 5.5v9L4 10zM15.5 5.5v9L10 10z", WHITE)),
  fast_forward: tile(shape("M4.5 5.5v9L10 10zM10.5 5.5v9L16 10z", WHITE)),
  double_vertical_bar: tile(shape("M6 5.5h2.8v9H6zM11.2 5.5H14v9h-2.8z", WHITE)),
  speech_balloon: [
    shape(
      "M3.5 3h13A1.5 1.5 0 0 1 18 4.5v8a1.5 1.5 0 0 1-1.5 1.5H9l-4 3.6V14H3.5A1.5 1.5 0 0 1 2 12.5v-8A1.5 1.5 0 0 1 3.5 3z",
      "#a9bccb",
    ),
    line("M6.5 8.5h.1M10 8.5h.1M13.5 8.5h.1", "#2b3b48", 2.2),
  ],
  construction: [
    ["rect", { x: 1.5, y: 5, width: 17, height: 6, rx: 1.2, fill: AMBER }],
    shape("M4 11l3-6h3l-3 6zM10 11l3-6h3l-3 6z", NIGHT),
    line("M5 11.5v6M15 11.5v6", GREY, 2),
  ],
  question: [line("M6.8 6.8C7 4.6 8.4 3.6 10.1 3.6c1.9 0 3.3 1.2 3.3 3 0 2.6-3.3 2.7-3.3 5.4M10.1 16v.1", RED, 2.8)],
  exclamation: [line("M10 3v8.5M10 16v.1", RED, 3)],
  information_source: tile(line("M10 9.5v4.7M10 6v.1", WHITE)),
  calendar: [
    ["rect", { x: 2.5, y: 3.5, width: 15, height: 14, rx: 2, fill: "#dbe4ea" }],
    shape("M2.5 5.5a2 2 0 0 1 2-2h11a2 2 0 0 1 2 2v2.3h-15z", RED),
    line("M6 11.5h.1M10 11.5h.1M14 11.5h.1M6 14.5h.1M10 14.5h.1", NIGHT, 1.8),
  ],
  tada: [
    shape("M3 17.5L7.5 7l5.5 5.5z", AMBER),
    line("M11 5.5c1.5-.5 1.5-2 .8-3M14.5 9.5c.5-1.5 2-1.5 3-.8M13.5 6.5l3-3", RED, 1.8),
  ],
  eyes: [
    ["ellipse", { cx: 6, cy: 10, rx: 3.6, ry: 5.5, fill: "#f4f7f9", stroke: GREY }],
    ["ellipse", { cx: 14, cy: 10, rx: 3.6, ry: 5.5, fill: "#f4f7f9", stroke: GREY }],
    ["circle", { cx: 7, cy: 11, r: 1.8, fill: NIGHT }],
    ["circle", { cx: 15, cy: 11, r: 1.8, fill: NIGHT }],
  ],
  leftwards_arrow_with_hook: tile(line("M8 6L4.5 9.5 8 13M5 9.5h6.5a3 3 0 0 1 0 6", WHITE, 1.9)),
};

/** The drawing of `:name:`, or its name as typed when this page has none. */
export function emoji(name) {
  const drawing = DRAWINGS[name];
  if (!drawing) return document.createTextNode(`:${name}:`);
  const picture = svg(
    "svg",
    { viewBox: "0 0 20 20", "aria-hidden": "true" },
    drawing.map(([tag, attributes]) => svg(tag, attributes)),
  );
  return el(
    "span",
    { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` },
    picture,
  );
}
