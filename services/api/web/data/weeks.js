// What looks at a source found, by week.

/** @typedef {{at: string, new: number, failure: object | null}} Looked what of a look is counted */
/**
 * @typedef {object} Week
 * @property {Date} begins its Monday, at midnight
 * @property {number} found new entries
 * @property {number} failed looks that failed
 * @property {boolean} known false: it lies before the earliest look that is known, so its numbers are not
 */

/** A quarter of a year: enough to see a rhythm, and few enough bars for a phone. */
export const WEEKS = 12;

/**
 * The latest weeks, the earliest first, in the time of this browser. Looks before them are not counted.
 * @param {Looked[]} looks
 * @param {{all: boolean, now?: Date}} options `all`: there are no earlier looks than these
 * @returns {Week[]}
 */
export function weeksOf(looks, { all, now = new Date() }) {
  const earliest = Math.min(...looks.map(({ at }) => Date.parse(at)));
  return Array.from({ length: WEEKS }, (_, place) => {
    const [begins, ends] = [mondayOf(now, WEEKS - 1 - place), mondayOf(now, WEEKS - 2 - place)];
    const within = looks.filter(({ at }) => begins <= new Date(at) && new Date(at) < ends);
    return {
      begins,
      found: within.reduce((sum, look) => sum + look.new, 0),
      failed: within.filter(({ failure }) => failure !== null).length,
      known: all || earliest < ends.getTime(),
    };
  });
}

/**
 * Midnight of the Monday some weeks before, by the calendar: weeks with a change of the clock are not 168 hours.
 * @param {Date} day
 * @param {number} weeksBefore
 */
function mondayOf(day, weeksBefore) {
  const sinceMonday = (day.getDay() + 6) % 7;
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() - sinceMonday - 7 * weeksBefore);
}
