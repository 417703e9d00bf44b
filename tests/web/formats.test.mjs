// Numbers, sizes, times and lengths in English and French.

import assert from "node:assert/strict";
import test from "node:test";

import { formatsOf, length } from "../../services/api/web/texts/formats.js";

const english = formatsOf("en-GB");
const french = formatsOf("fr-FR");
const NOW = Date.UTC(2026, 2, 14, 12);
/** @param {number} seconds from now */
const at = (seconds) => new Date(NOW + seconds * 1000).toISOString();

test("counts have the separators of the language", () => {
  assert.equal(english.count(1_234_567), "1,234,567");
  assert.equal(french.count(1_234_567), "1\u202f234\u202f567");
});

test("shares are whole percents, and never more than all", () => {
  assert.equal(english.percent(1, 3), "33%");
  assert.match(french.percent(1, 3), /^33[\u00a0\u202f]%$/);
  assert.equal(english.percent(5, 3), "100%");
  assert.equal(english.percent(0, 0), "0%");
});

test("hours below one are minutes or seconds, so that a new archive is not empty", () => {
  assert.equal(english.hours(0), "0\u00a0h");
  assert.equal(english.hours(0.001), "3.6\u00a0s");
  assert.equal(english.hours(0.5), "30\u00a0min");
  assert.equal(french.hours(12.34), "12,3\u00a0h");
  assert.equal(english.hours(1234.5), "1,235\u00a0h");
});

test("spans have a unit that fits", () => {
  assert.equal(english.span(0.01), "<\u00a00.1\u00a0s");
  assert.equal(english.span(4.25), "4.3\u00a0s");
  assert.equal(english.span(59), "59\u00a0s");
  assert.equal(french.span(90), "1,5\u00a0min");
  assert.equal(english.span(3000), "50\u00a0min");
  assert.equal(french.span(5400), "1,5\u00a0h");
  assert.equal(english.span(86_400 * 3), "3\u00a0days");
  assert.equal(french.span(86_400 * 3), "3\u00a0jours");
});

test("sizes are powers of 1,000 with the units of the language", () => {
  assert.equal(english.bytes(0), "0 bytes");
  assert.equal(english.bytes(999), "999 bytes");
  assert.equal(english.bytes(18_200_000), "18.2 MB");
  assert.match(french.bytes(18_200_000), /^18,2[\u00a0\u202f]Mo$/);
});

test("a moment is shown relative to now", () => {
  assert.equal(english.fromNow(at(-180), NOW), "3 minutes ago");
  assert.equal(english.fromNow(at(7200), NOW), "in 2 hours");
  assert.equal(french.fromNow(at(-180), NOW), "il y a 3 minutes");
  assert.equal(french.fromNow(at(86_400), NOW), "demain");
});

test("clocks that differ by seconds do not show", () => {
  assert.equal(english.fromNow(at(-4), NOW), "now");
  assert.equal(french.fromNow(at(4), NOW), "maintenant");
});

test("a date is read as sources write it, and anything else stays", () => {
  assert.equal(english.date("20260314"), "14 Mar 2026");
  assert.equal(english.date("2026-03-14"), "14 Mar 2026");
  assert.equal(french.date("20260314"), "14 mars 2026");
  assert.equal(english.date("spring 2026"), "spring 2026");
});

test("lengths have hours only where there are some", () => {
  assert.equal(length(0), "0:00");
  assert.equal(length(247), "4:07");
  assert.equal(length(59.6), "1:00");
  assert.equal(length(3753), "1:02:33");
});

test("a day without its year is as short as the language writes it", () => {
  const day = new Date(2026, 10, 23);
  assert.equal(english.shortDay(day), "23 Nov");
  assert.equal(french.shortDay(day), "23 nov.");
});
