// The same picture as a file of lines and points, which can be printed at any size. Pure.

/**
 * @typedef {object} Curve
 * @property {string} name
 * @property {number[]} x rising
 * @property {number[]} y
 * @property {"line" | "points"} as
 * @property {number} colour which one of the palette
 */
/**
 * @typedef {object} Picture
 * @property {Curve[]} curves
 * @property {boolean} time whether x is a time, in seconds since 1970
 * @property {(value: number, step: number) => string} onX `step`: the distance of two numbers on the axis
 * @property {(value: number) => string} onY
 * @property {number[]} [steps] distances of numbers on the lower axis, where not every one will do
 * @property {string} label of the whole, for who cannot see it
 */
/** @typedef {{quiet: string, line: string, paper: string, font: string, curves: string[]}} Colours */

const [WIDTH, HEIGHT] = [900, 420];
const [LEFT, RIGHT, TOP, BOTTOM] = [90, 20, 20, 60];
const STEPS = 5;

/**
 * @param {Picture} picture
 * @param {Colours} colours
 */
export function plotSvg({ curves, onX, onY, label }, colours) {
  const xs = range(curves.flatMap(({ x }) => [x[0], x.at(-1)]));
  const ys = range([0, ...curves.map(({ y }) => y.reduce((most, each) => Math.max(most, each), 0))]);
  /** @param {number} x */
  const across = (x) => LEFT + ((x - xs.low) / xs.length) * (WIDTH - LEFT - RIGHT);
  /** @param {number} y */
  const up = (y) => HEIGHT - BOTTOM - ((y - ys.low) / ys.length) * (HEIGHT - TOP - BOTTOM);
  const grid = Array.from({ length: STEPS + 1 }, (_, step) => step / STEPS).map((share) => {
    const [x, y] = [xs.low + share * xs.length, ys.low + share * ys.length];
    const height = round(up(y));
    const line = `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${height}" y2="${height}" stroke="${colours.line}"/>`;
    return [
      line,
      text(LEFT - 8, up(y) + 4, "end", onY(y), colours),
      text(across(x), HEIGHT - BOTTOM + 20, "middle", onX(x, xs.length / STEPS), colours),
    ].join("");
  });
  const drawn = curves.map((curve) => shape(curve, across, up, colours));
  const names = curves.filter(({ as }) => as === "line").map((curve, at) => key(curve, at, colours));
  const frame = `xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"`;
  const paper = `<rect width="${WIDTH}" height="${HEIGHT}" fill="${colours.paper}"/>`;
  const parts = [`<title>${escaped(label)}</title>`, paper, ...grid, ...drawn, ...names];
  return `<svg ${frame} font-size="12" font-family="sans-serif">${parts.join("")}</svg>
`;
}

/**
 * @param {Curve} curve
 * @param {(x: number) => number} across
 * @param {(y: number) => number} up
 * @param {Colours} colours
 */
function shape({ x, y, as, colour }, across, up, colours) {
  const stroke = colours.curves[colour % colours.curves.length];
  const places = x.map((each, at) => [round(across(each)), round(up(y[at] ?? 0))]);
  if (as === "line") {
    return `<polyline fill="none" stroke="${stroke}" stroke-width="2" points="${places.map((place) => place.join(",")).join(" ")}"/>`;
  }
  // One path of tiny strokes: a circle for each of many points makes a file that no program opens.
  const points = places.map(([left, top]) => `M${left} ${top}h0`).join("");
  return `<path d="${points}" stroke="${stroke}" stroke-width="3" stroke-linecap="round" opacity="0.5"/>`;
}

/**
 * @param {Curve} curve
 * @param {number} at
 * @param {Colours} colours
 */
function key({ name, colour }, at, colours) {
  const left = LEFT + at * 130;
  const stroke = colours.curves[colour % colours.curves.length];
  const line = `<line x1="${left}" x2="${left + 18}" y1="${HEIGHT - 16}" y2="${HEIGHT - 16}" stroke="${stroke}" stroke-width="3"/>`;
  return line + text(left + 24, HEIGHT - 12, "start", name, colours);
}

/**
 * @param {number} x
 * @param {number} y
 * @param {"start" | "middle" | "end"} anchor
 * @param {string} words
 * @param {Colours} colours
 */
function text(x, y, anchor, words, colours) {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${colours.quiet}">${escaped(words)}</text>`;
}

/** @param {(number | undefined)[]} values */
function range(values) {
  const known = values.filter((value) => value !== undefined && Number.isFinite(value));
  const low = known.reduce((least, value) => Math.min(least ?? 0, value ?? 0), known[0]) ?? 0;
  const high = known.reduce((most, value) => Math.max(most ?? 0, value ?? 0), known[0]) ?? 1;
  return { low, length: high > low ? high - low : 1 };
}

/** @param {number} number */
function round(number) {
  return Math.round(number * 10) / 10;
}

/** @param {string} words */
function escaped(words) {
  return words.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
