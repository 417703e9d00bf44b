// How fast recordings are stored, as seen since the page was opened, and so how long the rest may take.

/** Seconds of the past that count, and how much must have been seen before an estimate is made. */
const WINDOW_SECONDS = 900;
const MIN_SECONDS = 10;
const MIN_STORED = 2;

/** @typedef {{at: number, stored: number}} Sample `at`: seconds of a clock that never jumps */

/** @type {Map<string, Sample[]>} */
const seen = new Map();

/**
 * Note how many recordings of a playlist are stored at this moment.
 * @param {string} id
 * @param {number} stored
 * @param {number} [now] seconds
 */
export function observe(id, stored, now = performance.now() / 1000) {
  const samples = (seen.get(id) ?? []).filter((sample) => now - sample.at < WINDOW_SECONDS);
  if (samples.at(-1)?.stored !== stored) samples.push({ at: now, stored });
  seen.set(id, samples);
}

/**
 * Seconds until `remaining` more are stored; null when that is unknown.
 * @param {string} id
 * @param {number} remaining
 * @param {number} [now] seconds
 * @returns {number | null}
 */
export function secondsLeft(id, remaining, now = performance.now() / 1000) {
  const [first, ...rest] = seen.get(id) ?? [];
  const last = rest.at(-1);
  if (first === undefined || last === undefined || remaining === 0) return null;
  const seconds = now - first.at;
  const stored = last.stored - first.stored;
  return seconds < MIN_SECONDS || stored < MIN_STORED ? null : (remaining * seconds) / stored;
}
