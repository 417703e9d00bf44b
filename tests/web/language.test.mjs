// Which language and locale a browser gets.

import assert from "node:assert/strict";
import test from "node:test";

import { languageOf, localeOf } from "../../services/api/web/texts/language.js";

test("the browser's first known language counts", () => {
  assert.equal(languageOf(null, ["fr-CA", "en"]), "fr");
  assert.equal(languageOf(null, ["de", "FR"]), "fr");
  assert.equal(languageOf(null, ["de", "en-US", "fr"]), "en");
  assert.equal(languageOf(null, ["de"]), "en");
  assert.equal(languageOf(null, []), "en");
});

test("a choice wins over the browser, if there is such a language", () => {
  assert.equal(languageOf("en", ["fr"]), "en");
  assert.equal(languageOf("tlh", ["fr"]), "fr");
  assert.equal(languageOf("toString", ["fr"]), "fr");
});

test("numbers and dates follow the browser's region where it speaks the language", () => {
  assert.equal(localeOf("fr", ["en-GB", "fr-CA"]), "fr-CA");
  assert.equal(localeOf("fr", ["en-GB"]), "fr");
});
