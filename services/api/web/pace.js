// How fast things are stored, from what was seen since the page was opened, and so when the rest may be done.

/** Seconds of the past that count, and how much of it must have been seen before anything is said. */
const WINDOW = 900;
const ENOUGH_SECONDS = 10;
const ENOUGH_STORED = 2;

const seen = new Map();

/** Note how many are stored of something at this moment. */
export function observe(id, stored) {
  const now = performance.now() / 1000;
  const samples = (seen.get(id) ?? []).filter((sample) => now - sample.at < WINDOW);
  if (samples.at(-1)?.stored !== stored) samples.push({ at: now, stored });
  seen.set(id, samples);
}

/** Seconds until `remaining` more are stored; null when that is unknown. */
export function secondsLeft(id, remaining) {
  const samples = seen.get(id) ?? [];
  if (samples.length < 2 || remaining === 0) return null;
  const seconds = performance.now() / 1000 - samples[0].at;
  const stored = samples.at(-1).stored - samples[0].stored;
  return seconds < ENOUGH_SECONDS || stored < ENOUGH_STORED ? null : (remaining * seconds) / stored;
}
