// New entries of a followed source by week.

import assert from "node:assert/strict";
import test from "node:test";

import { WEEKS, weeksOf } from "../../services/api/web/data/weeks.js";

/** A Thursday, in the time of this machine as in that of a browser. */
const NOW = new Date(2026, 10, 26, 12);
/**
 * @param {[year: number, month: number, day: number, hour?: number, minute?: number]} when
 * @param {number} found
 * @param {object | null} failure
 */
const look = (when, found, failure = null) => ({ at: new Date(...when).toISOString(), new: found, failure });

test("a week begins on Monday at midnight", () => {
  const looks = [look([2026, 10, 23, 0, 0], 3), look([2026, 10, 22, 23, 59], 5), look([2026, 10, 16], 1)];
  const weeks = weeksOf(looks, { all: true, now: NOW });
  assert.equal(weeks.length, WEEKS);
  assert.deepEqual(weeks.at(-1), { begins: new Date(2026, 10, 23), found: 3, failed: 0, known: true });
  assert.deepEqual(weeks.at(-2), { begins: new Date(2026, 10, 16), found: 6, failed: 0, known: true });
  const sunday = weeksOf(looks, { all: true, now: new Date(2026, 10, 29, 23) });
  assert.deepEqual(sunday.at(-1)?.begins, new Date(2026, 10, 23));
});

test("weeks follow the calendar, also over a change of the clock and of the year", () => {
  const begins = weeksOf([], { all: true, now: new Date(2026, 0, 7) }).map((week) => week.begins);
  for (const day of begins) assert.deepEqual([day.getDay(), day.getHours()], [1, 0]);
  assert.deepEqual(begins[0], new Date(2025, 9, 20));
  assert.deepEqual(begins.at(-1), new Date(2026, 0, 5));
});

test("failed looks are counted, and what they found before they failed too", () => {
  const refused = { reason: "rate-limited" };
  const looks = [look([2026, 10, 25], 2, refused), look([2026, 10, 24], 0, refused), look([2026, 10, 23], 4)];
  const [last] = weeksOf(looks, { all: true, now: NOW }).slice(-1);
  assert.deepEqual([last?.found, last?.failed], [6, 2]);
});

test("looks before the first week and after the last do not count", () => {
  const looks = [look([2026, 10, 30], 9), look([2026, 7, 1], 9)];
  assert.equal(
    weeksOf(looks, { all: true, now: NOW }).reduce((sum, week) => sum + week.found, 0),
    0,
  );
});

test("before the earliest look nothing is known, unless there was none before", () => {
  const looks = [look([2026, 10, 25], 1), look([2026, 10, 18], 1)];
  /** @param {boolean} all */
  const known = (all) => weeksOf(looks, { all, now: NOW }).filter((week) => week.known).length;
  assert.equal(known(false), 2);
  assert.equal(known(true), WEEKS);
});
