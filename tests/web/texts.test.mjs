// Each language is complete: the same keys and parameters, and no text that was left in English.

import assert from "node:assert/strict";
import test from "node:test";

import { reasons as englishReasons, texts as english } from "../../services/api/web/texts/en.js";
import { reasons as frenchReasons, texts as french } from "../../services/api/web/texts/fr.js";
import { namesIn } from "../../services/api/web/texts/template.js";

/** @import { Template } from "../../services/api/web/texts/template.js" */

/** Texts that French has from English, or the other way round. */
const SAME = new Set([
  ...["Blob", "Description", "Format", "Licence", "Messages", "Options", "Pages", "Playlist", "Playlists"],
  ...["Actions", "Source", "Sources", "Notifications", "Webhook", "{outcome}, {when}"],
  ...["10 min", "{codec} {rate} kbit/s", "Captcha", "DRM", "TLS"],
]);
const PLACEHOLDER = /\{\w+\}/g;

/** @type {[string, Record<string, Template>, Record<string, Template>][]} */
const CATALOGS = [
  ["texts", english, french],
  ["reasons", englishReasons, frenchReasons],
];

for (const [name, theirs, ours] of CATALOGS) {
  test(`French ${name} have the keys of the English ones`, () => {
    assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
  });

  test(`French ${name} have the parameters of the English ones`, () => {
    for (const [key, text] of Object.entries(theirs)) {
      const own = new Set([...namesIn(ours[key] ?? ""), ...hidden(ours[key] ?? "")]);
      const their = new Set([...namesIn(text), ...hidden(text)]);
      // A count may stand in the forms of one language alone.
      own.add("count");
      their.add("count");
      assert.deepEqual([...own].sort(), [...their].sort(), key);
    }
  });

  test(`no text of the French ${name} is empty or English`, () => {
    for (const [key, text] of Object.entries(ours)) {
      for (const form of typeof text === "string" ? [text] : Object.values(text)) {
        assert.notEqual(form.trim(), "", key);
        if (/\p{L}{3}/u.test(form.replaceAll(PLACEHOLDER, "")) && !SAME.has(form)) {
          assert.notEqual(form, theirs[key], key);
        }
      }
    }
  });
}

test("every French text with forms has those that French needs", () => {
  for (const [key, text] of Object.entries(french)) {
    if (typeof text !== "string") assert.ok("one" in text && "other" in text, key);
  }
});

test("a space before French punctuation never begins a line", () => {
  for (const text of Object.values(french).flatMap((each) =>
    typeof each === "string" ? [each] : Object.values(each),
  )) {
    assert.doesNotMatch(text, / [;:!?»%]|« /u);
    assert.doesNotMatch(text, /'/u, "an apostrophe is ’");
  }
});

/**
 * A text with forms needs its count, even where no form shows it.
 * @param {Template} text
 */
function hidden(text) {
  return typeof text === "string" ? [] : ["count"];
}
