// The estimate of how long the rest of a playlist takes.

import assert from "node:assert/strict";
import test from "node:test";

import { observe, secondsLeft } from "../../services/api/web/data/pace.js";

test("nothing is estimated before enough was seen", () => {
  assert.equal(secondsLeft("new", 5, 0), null);
  observe("new", 10, 0);
  observe("new", 11, 20);
  assert.equal(secondsLeft("new", 5, 20), null, "one recording is no pace");
  observe("new", 12, 5);
  assert.equal(secondsLeft("new", 5, 5), null, "five seconds are no pace");
});

test("the pace so far gives the rest", () => {
  observe("steady", 0, 100);
  observe("steady", 4, 120);
  assert.equal(secondsLeft("steady", 10, 120), 50);
  assert.equal(secondsLeft("steady", 0, 120), null);
});

test("only a quarter of an hour counts", () => {
  observe("old", 0, 0);
  observe("old", 100, 10);
  observe("old", 101, 1000);
  observe("old", 105, 1020);
  assert.equal(secondsLeft("old", 10, 1020), 50);
});
