// The parts of a schedule, by which it is said in words.

import assert from "node:assert/strict";
import test from "node:test";

import { scheduleIn } from "../../services/api/web/data/schedule.js";

test("an interval has a number and a unit", () => {
  assert.deepEqual(scheduleIn("6h"), { every: 6, unit: "h" });
  assert.deepEqual(scheduleIn("90 m"), { every: 90, unit: "m" });
  assert.deepEqual(scheduleIn("1w"), { every: 1, unit: "w" });
});

test("a cron line has a time zone, UTC if it names none", () => {
  assert.deepEqual(scheduleIn("cron 0 */2 * * * Africa/Porto-Novo"), {
    cron: "0 */2 * * *",
    zone: "Africa/Porto-Novo",
  });
  assert.deepEqual(scheduleIn("cron 0 6 * * 1"), { cron: "0 6 * * 1", zone: "UTC" });
});

test("the rhythm of the source has no parts, and neither has what is not known yet", () => {
  assert.equal(scheduleIn("auto"), null);
  assert.equal(scheduleIn("at full moon"), null);
  assert.equal(scheduleIn("6 y"), null);
});
