// Templates of texts, with their parameters and plural forms.

import assert from "node:assert/strict";
import test from "node:test";

import { fill, namesIn } from "../../services/api/web/texts/template.js";

const english = new Intl.PluralRules("en");
const french = new Intl.PluralRules("fr");
const VIDEOS = { one: "{count} video", other: "{count} videos" };

test("parameters stand in their places, whatever they are", () => {
  const link = { href: "#/overview" };
  assert.deepEqual(fill("See {link}, {name}.", { link, name: "Ana" }, english), ["See ", link, ", ", "Ana", "."]);
});

test("a count chooses the form of its language", () => {
  assert.deepEqual(fill(VIDEOS, { count: 1 }, english), [1, " video"]);
  assert.deepEqual(fill(VIDEOS, { count: 0 }, english), [0, " videos"]);
  assert.deepEqual(fill(VIDEOS, { count: 0 }, french), [0, " video"]);
  assert.deepEqual(fill(VIDEOS, { count: 1_000_000 }, french), [1_000_000, " videos"]);
});

test("a missing parameter is an error", () => {
  assert.throws(() => fill("{name} ends", {}, english), /lacks \{name\}/);
  assert.throws(() => fill(VIDEOS, {}, english), /needs a count/);
});

test("the names of parameters are known", () => {
  assert.deepEqual(namesIn("{b} of {a}, {b}"), ["a", "b"]);
  assert.deepEqual(namesIn({ one: "one video of {name}", other: "{count} videos of {name}" }), ["count", "name"]);
});
