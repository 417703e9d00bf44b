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

/** @typedef {{number: number, mean: number, p10: number, p50: number, p90: number, least: number, most: number}} Summary */

/**
 * @param {ArrayLike<number>} sorted in rising order, not empty
 * @returns {Summary}
 */
export function summary(sorted) {
  let sum = 0;
  for (let at = 0; at < sorted.length; at++) sum += sorted[at] ?? 0;
  return {
    number: sorted.length,
    mean: sum / sorted.length,
    p10: quantile(sorted, 0.1),
    p50: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    least: sorted[0] ?? NaN,
    most: sorted[sorted.length - 1] ?? NaN,
  };
}

/**
 * The distribution of values as points (value, share of all that is not above it), at most so many.
 * @param {ArrayLike<number>} sorted in rising order
 * @param {number} most
 * @returns {[number[], number[]]}
 */
export function distribution(sorted, most) {
  const step = Math.max(1, sorted.length / most);
  /** @type {number[]} */
  const values = [];
  /** @type {number[]} */
  const shares = [];
  for (let rank = step; rank < sorted.length + step; rank += step) {
    const at = Math.min(Math.round(rank), sorted.length);
    const value = sorted[at - 1];
    if (value === undefined) break;
    // Of equal values the last one says how many there are.
    if (values.at(-1) === value) shares[shares.length - 1] = at / sorted.length;
    else {
      values.push(value);
      shares.push(at / sorted.length);
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
