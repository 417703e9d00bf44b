// Measurements by group.

import assert from "node:assert/strict";
import test from "node:test";

import {
  before,
  compared,
  groupsOf,
  hoursOf,
  lastHours,
  MAX_GROUPS,
  together,
} from "../../services/api/web/data/measured.js";
import { plotSvg } from "../../services/api/web/data/plot_svg.js";

/** @import { Values } from "api-types" */

/**
 * @param {string[]} groups
 * @param {[at: number, group: number, value: number][]} rows
 * @param {string} since
 * @returns {Values}
 */
function answer(groups, rows, since = "2026-11-20T00:00:00Z") {
  return {
    ...{ parameter: "average_rate", since, until: "2026-11-27T00:00:00Z", total: rows.length, complete: true, groups },
    at: rows.map(([at]) => at),
    group: rows.map(([, group]) => group),
    value: rows.map(([, , value]) => value),
    weight: rows.map(() => 1),
  };
}

test("groups come the largest first, and those without a place are one", () => {
  const names = Array.from({ length: MAX_GROUPS + 2 }, (_, at) => `e${at}`);
  /** @type {[number, number, number][]} */
  const rows = names.flatMap((_, at) =>
    Array.from({ length: at + 1 }, (__, n) => /** @type {[number, number, number]} */ ([n, at, 10 * at])),
  );
  const found = groupsOf(answer(names, rows));
  assert.deepEqual(
    found.map(({ name }) => name),
    ["e7", "e6", "e5", "e4", "e3", "e2", null],
  );
  assert.deepEqual(found.at(-1)?.times, [0, 0, 1], "in the order of time");
  assert.deepEqual(
    found.map(({ summary }) => summary.number),
    [8, 7, 6, 5, 4, 3, 3],
  );
});

test("hours of the day are those of this place", () => {
  const evening = new Date(2026, 10, 26, 19, 30).getTime() / 1000;
  const found = hoursOf(
    answer(
      ["x"],
      [
        [evening, 0, 4],
        [evening + 60, 0, 6],
        [evening + 3600, 0, 9],
      ],
    ),
    String,
  );
  assert.deepEqual(
    found.map(({ name, hour, summary }) => [name, hour, summary.p50]),
    [
      ["19", 19, 5],
      ["20", 20, 9],
    ],
  );
});

test("two times lie over one another", () => {
  const week = 7 * 86_400;
  const now = answer(["x"], [[1000 + week, 0, 1]]);
  const earlier = answer(["x"], [[1000, 0, 2]], "2026-11-13T00:00:00Z");
  const found = compared(now, earlier, ["now", "before"]);
  assert.deepEqual(
    found.map(({ name, times }) => [name, times]),
    [
      ["now", [1000 + week]],
      ["before", [1000 + week]],
    ],
  );
  assert.deepEqual(before(lastHours(24, 86_400_000 * 10)), { since: 86_400_000 * 8, until: 86_400_000 * 9 });
  assert.deepEqual(together(answer([], []), "all"), []);
});

test("an SVG has every curve, and text of strangers is text", () => {
  const text = plotSvg(
    {
      curves: [
        { name: '<script>"', x: [0, 1], y: [1, 2], as: "line", colour: 0 },
        { name: "dots", x: [0, 1], y: [3, 4], as: "points", colour: 1 },
      ],
      time: false,
      onX: String,
      onY: String,
      label: "a & b",
    },
    { quiet: "gray", line: "silver", paper: "white", font: "sans", curves: ["red", "blue"] },
  );
  assert.ok(text.includes("<polyline") && text.includes('stroke="blue"'));
  assert.ok(text.includes("&#60;script&#62;&#34;") && text.includes("a &#38; b"));
  assert.ok(!text.includes("<script"));
});
