// Medians, quantiles and distributions. Pure.

/**
 * The value below which a share of all lies, between two neighbours in proportion: the usual definition (type 7 of
 * Hyndman and Fan), which numpy, pandas and R use too.
 * @param {ArrayLike<number>} sorted in rising order, not empty
 * @param {number} share from 0 to 1
 */
export function quantile(sorted, share) {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return low + (high - low) * (place - below);
}

/**
 * The same of values that stand for more than one: the first value up to which that share of all lies.
 * @param {Weighted} of not empty
 * @param {number} share
 */
export function weightedQuantile({ sorted, sums }, share) {
  const total = sums[sums.length - 1] ?? 0;
  // Where each stands for itself the usual definition holds.
  if (total === sorted.length) return quantile(sorted, share);
  const place = sums.findIndex((sum) => sum >= share * total);
  return sorted[place === -1 ? sorted.length - 1 : place] ?? NaN;
}

/**
 * @typedef {object} Weighted
 * @property {Float64Array} sorted values in rising order
 * @property {Float64Array} sums of each value's weight and those before it
 */
/** @typedef {{number: number, mean: number, p10: number, p50: number, p90: number, least: number, most: number}} Summary */

/**
 * Sort values with their weights.
 * @param {number[]} values
 * @param {number[]} weights
 * @returns {Weighted}
 */
export function weighted(values, weights) {
  const order = Uint32Array.from(values.keys()).sort((one, other) => (values[one] ?? 0) - (values[other] ?? 0));
  let sum = 0;
  return {
    sorted: Float64Array.from(order, (at) => values[at] ?? NaN),
    sums: Float64Array.from(order, (at) => (sum += weights[at] ?? 0)),
  };
}

/**
 * @param {Weighted} of not empty
 * @returns {Summary}
 */
export function summary({ sorted, sums }) {
  const total = sums[sums.length - 1] ?? 0;
  const sum = sorted.reduce((all, value, at) => all + value * ((sums[at] ?? 0) - (sums[at - 1] ?? 0)), 0);
  return {
    number: Math.round(total),
    mean: sum / total,
    p10: weightedQuantile({ sorted, sums }, 0.1),
    p50: weightedQuantile({ sorted, sums }, 0.5),
    p90: weightedQuantile({ sorted, sums }, 0.9),
    least: sorted[0] ?? NaN,
    most: sorted[sorted.length - 1] ?? NaN,
  };
}

/**
 * The distribution of values as points (value, share of all that is not above it), at most so many.
 * @param {Weighted} of
 * @param {number} most
 * @returns {[number[], number[]]}
 */
export function distribution({ sorted, sums }, most) {
  const total = sums[sums.length - 1] ?? 0;
  const step = Math.max(1, sorted.length / most);
  /** @type {number[]} */
  const values = [];
  /** @type {number[]} */
  const shares = [];
  for (let rank = step; rank < sorted.length + step; rank += step) {
    const at = Math.min(Math.round(rank), sorted.length);
    const value = sorted[at - 1];
    if (value === undefined) break;
    const share = (sums[at - 1] ?? 0) / total;
    // Of equal values the last one says how many there are.
    if (values.at(-1) === value) shares[shares.length - 1] = share;
    else {
      values.push(value);
      shares.push(share);
    }
  }
  return [values, shares];
}

/**
 * The median of each part of a time that has values.
 * @param {number[]} times in rising order
 * @param {number[]} values
 * @param {{from: number, to: number, parts: number}} time
 * @returns {[number[], number[]]} the middles of the parts, and the medians
 */
export function medians(times, values, { from, to, parts }) {
  const length = (to - from) / parts;
  /** @type {Map<number, number[]>} */
  const inside = new Map();
  times.forEach((time, at) => {
    const part = Math.min(parts - 1, Math.floor((time - from) / length));
    const found = inside.get(part) ?? [];
    found.push(values[at] ?? NaN);
    inside.set(part, found);
  });
  const parted = [...inside].sort(([one], [other]) => one - other);
  return [
    parted.map(([part]) => from + (part + 0.5) * length),
    parted.map(([, found]) => quantile(Float64Array.from(found).sort(), 0.5)),
  ];
}
