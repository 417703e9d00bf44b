// A picture of many points on a canvas, and what a person can take away of it: a PNG or an SVG.

import { plotSvg } from "../data/plot_svg.js";
import { h } from "../shell/dom.js";
import uPlot from "../vendor/uplot/uPlot.esm.js";

/** @import { Colours, Curve, Picture } from "../data/plot_svg.js" */

const HEIGHT = 280;
const NARROW = 520;
/** Pixels of the room for the numbers of an axis. */
const ROOM = 76;
/** Pixels between two numbers of the lower axis. */
const SPACE = 92;
/** Names of the colours, as the style sheet has them. */
const PALETTE = ["accent", "waiting", "running", "stored", "abandoned", "queued", "ink"];

/** Keeps its element for the life of a page, so that a redraw of the page does not touch what is drawn on it. */
export class Plot {
  /** @type {uPlot | null} */
  #plot = null;
  /** @type {Picture | null} */
  #picture = null;
  #canvas = h("div", { class: "plot", role: "img" });
  #observer = new ResizeObserver(() => this.#resize());
  #dark = matchMedia("(prefers-color-scheme: dark)");
  #recolour = () => this.#draw();

  /** @param {string} key */
  constructor(key) {
    this.element = h("figure", { "data-key": key, class: "plotted" }, this.#canvas);
    this.#observer.observe(this.#canvas);
    this.#dark.addEventListener("change", this.#recolour);
  }

  /** @param {Picture} picture */
  show(picture) {
    this.#picture = picture;
    this.#canvas.setAttribute("aria-label", picture.label);
    this.#draw();
  }

  leave() {
    this.#observer.disconnect();
    this.#dark.removeEventListener("change", this.#recolour);
    this.#plot?.destroy();
  }

  /** @returns {Promise<Blob | null>} */
  png() {
    const canvas = this.#plot?.ctx.canvas;
    return new Promise((resolve) => {
      if (canvas === undefined) resolve(null);
      else canvas.toBlob(resolve, "image/png");
    });
  }

  svg() {
    if (this.#picture === null) return null;
    return new Blob([plotSvg(this.#picture, this.#colours())], { type: "image/svg+xml" });
  }

  #draw() {
    this.#plot?.destroy();
    this.#plot = null;
    const width = this.#canvas.clientWidth;
    if (this.#picture === null || width === 0) return;
    this.#plot = new uPlot(this.#options(this.#picture, width), aligned(this.#picture.curves), this.#canvas);
  }

  #resize() {
    const width = this.#canvas.clientWidth;
    if (this.#plot === null) this.#draw();
    else if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: heightOf(width) });
  }

  /**
   * @param {Picture} picture
   * @param {number} width
   * @returns {uPlot.Options}
   */
  #options({ curves, time, onX, onY, steps }, width) {
    const colours = this.#colours();
    const axis = {
      stroke: colours.quiet,
      grid: { stroke: colours.line, width: 1 },
      ticks: { stroke: colours.line, width: 1 },
    };
    return {
      width,
      height: heightOf(width),
      scales: { x: { time }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.05 : 1] } },
      legend: { show: false },
      cursor: { drag: { x: true, y: false } },
      axes: [
        {
          ...axis,
          space: SPACE,
          ...(steps === undefined ? {} : { incrs: steps }),
          values: (_, splits, __, ___, step) => splits.map((x) => onX(x, step)),
        },
        { ...axis, size: ROOM, values: (_, splits) => splits.map(onY) },
      ],
      series: [{}, ...curves.map((curve) => seriesOf(curve, colours.curves))],
    };
  }

  #colours() {
    const style = getComputedStyle(this.#canvas);
    // A canvas knows neither variables nor light-dark(): the browser says what they are now.
    const probe = h("span", { hidden: true });
    this.#canvas.append(probe);
    /** @param {string} name */
    const colour = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const found = {
      quiet: colour("quiet"),
      line: colour("line"),
      paper: colour("card"),
      font: style.fontFamily,
      curves: PALETTE.map(colour),
    };
    probe.remove();
    return found;
  }
}

/** @param {number} width */
function heightOf(width) {
  return width < NARROW ? Math.round(HEIGHT * 0.8) : HEIGHT;
}

/**
 * @param {Curve} curve
 * @param {string[]} colours
 * @returns {uPlot.Series}
 */
function seriesOf({ name, as, colour }, colours) {
  const stroke = colours[colour % colours.length] ?? "gray";
  const common = { label: name, stroke, spanGaps: true };
  if (as === "line") return { ...common, width: 2.5, points: { show: false } };
  return { ...common, paths: () => null, points: { show: true, size: 3, stroke, fill: stroke, width: 0 }, alpha: 0.35 };
}

/**
 * The curves over one common x.
 * @param {Curve[]} curves
 * @returns {uPlot.AlignedData}
 */
function aligned(curves) {
  if (curves.length === 0) return [[]];
  return uPlot.join(curves.map(({ x, y }) => [x, y]));
}
