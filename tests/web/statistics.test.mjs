// Quantiles and distributions, against what numpy says of the same numbers.

import assert from "node:assert/strict";
import test from "node:test";

import {
  distribution,
  medians,
  quantile,
  summary,
  weighted,
  weightedQuantile,
} from "../../services/api/web/data/statistics.js";

const NUMBERS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** @param {number[]} values that each stand for themselves */
const alone = (values) =>
  weighted(
    values,
    values.map(() => 1),
  );

test("values stand for as many downloads as they were taken from", () => {
  // A busy hour of 1,000 and a quiet one of 20, of each two values.
  const found = weighted([9, 1, 8, 2], [500, 10, 500, 10]);
  assert.deepEqual([...found.sorted], [1, 2, 8, 9]);
  assert.equal(summary(found).number, 1020);
  assert.equal(weightedQuantile(found, 0.1), 8);
  assert.equal(summary(found).p50, 8);
  assert.equal(summary(found).mean, (9 * 500 + 1 * 10 + 8 * 500 + 2 * 10) / 1020);
  assert.deepEqual(distribution(found, 10)[1], [10 / 1020, 20 / 1020, 520 / 1020, 1]);
});

test("a quantile lies between two neighbours in proportion", () => {
  // numpy.quantile(NUMBERS, [0, 0.1, 0.25, 0.5, 0.9, 1])
  const expected = [
    [0, 1],
    [0.1, 1.9],
    [0.25, 5],
    [0.5, 24],
    [0.9, 281.6],
    [1, 512],
  ];
  for (const [share = 0, value = 0] of expected) assert.ok(Math.abs(quantile(NUMBERS, share) - value) < 1e-9);
  assert.equal(quantile([7], 0.9), 7);
});

test("a summary has what the table shows", () => {
  const found = summary(alone(NUMBERS));
  assert.deepEqual([found.number, found.mean, found.p50, found.least, found.most], [10, 102.3, 24, 1, 512]);
});

test("a distribution rises to all, and equal values are one point", () => {
  assert.deepEqual(distribution(alone([1, 1, 2, 3]), 100), [
    [1, 2, 3],
    [0.5, 0.75, 1],
  ]);
  assert.deepEqual(distribution(alone([]), 100), [[], []]);
});

test("a distribution of many values has few points, the last of them the highest value", () => {
  const many = alone(Array.from({ length: 10_001 }, (_, at) => at));
  const [values, shares] = distribution(many, 400);
  assert.ok(values.length >= 400 && values.length <= 401);
  assert.deepEqual([values.at(-1), shares.at(-1)], [10_000, 1]);
  values.forEach((value, at) => assert.ok(Math.abs((shares[at] ?? 0) - (value + 1) / 10_001) < 1e-9));
});

test("the medians of parts of a time lie in their middles, and parts without values have none", () => {
  const [middles, found] = medians([0, 1, 2, 35, 40], [5, 1, 3, 10, 20], { from: 0, to: 40, parts: 4 });
  assert.deepEqual(middles, [5, 35]);
  assert.deepEqual(found, [3, 15]);
});
