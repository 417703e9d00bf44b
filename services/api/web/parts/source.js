// The parts of a followed source's page: its facts, its new entries by week, and its looks.

import { weeksOf } from "../data/weeks.js";
import { barChart } from "../elements/chart.js";
import { fact, failure, since, when } from "../elements/labels.js";
import { sourceLink } from "../elements/source_link.js";
import { nextLook, rungName, scheduleWords, sourceState } from "../elements/source_state.js";
import { table } from "../elements/table.js";
import { keepWords } from "./retention.js";
import { h } from "../shell/dom.js";
import { link } from "../shell/router.js";
import { count, shortDay } from "../texts/format.js";
import { rich, t } from "../texts/texts.js";

/** @import { Look, Source } from "../elements/source_state.js" */
/** @import { Column } from "../elements/table.js" */

/** Every so many bars one has the day below it. */
const TICKS = 4;

/** @param {Source} source */
export function sourceFacts(source) {
  const { definition, failures, last, looked_at: looked, playlist_id: playlist } = source;
  const { priority, profiles, feed } = definition;
  return [
    h(
      "dl",
      { class: "facts" },
      fact(t("source.state"), sourceState(source)),
      fact(t("source.called"), source.title),
      fact(t("source.channel"), source.channel),
      fact(t("source.next"), nextLook(source)),
      fact(t("source.looked"), looked && when(looked)),
      fact(t("source.failures"), failures === 0 ? null : count(failures)),
      fact(t("source.first"), firstTakes(definition["first"])),
      fact(t("source.profiles"), Array.isArray(profiles) ? profiles.join(", ") : null),
      fact(t("source.priority"), priority === "high" ? t("source.priority-high") : null),
      fact(t("source.filters"), pairs(definition["filters"])),
      fact(t("source.keep"), keepWords(definition["keep"])),
      fact(t("source.labels"), pairs(definition["labels"])),
      fact(t("source.feed"), typeof feed === "string" ? feedWords(feed) : null),
      // Before the first look nothing is listed under this id.
      fact(t("source.list"), looked && h("a", { href: link(["playlists", playlist]) }, t("source.list-link"))),
      fact(t("source.schedule"), scheduleWords(source)),
      fact(t("source.address"), sourceLink(source.url)),
    ),
    last?.failure
      ? h(
          "p",
          { class: "wrong", "data-key": "wrong" },
          rich("source.last-failed", { why: failure(last.failure), when: when(last.at) }),
        )
      : null,
  ];
}

/** @param {unknown} first of a definition, which only says what differs from the default: one entry */
function firstTakes(first = 1) {
  return first === "all" ? t("source.first-all") : t("source.first-entries", { count: Number(first) });
}

/** @param {string} feed */
const feedWords = (feed) => (feed === "off" ? t("source.feed-off") : sourceLink(feed));

/**
 * Names with their values, as the definition has them.
 * @param {unknown} named
 */
function pairs(named) {
  if (typeof named !== "object" || named === null) return null;
  return Object.entries(named)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");
}

/**
 * @param {Look[]} looks
 * @param {boolean} all whether there are no earlier looks
 */
export function newByWeek(looks, all) {
  if (looks.length === 0) return h("p", { class: "quiet" }, t("looks.none"));
  const weeks = weeksOf(looks, { all });
  /** @param {"found" | "failed"} name */
  const sum = (name) => weeks.reduce((total, week) => total + week[name], 0);
  const most = Math.max(...weeks.map(({ found }) => found));
  const bars = weeks.map(({ begins, found, failed }, at) => ({
    up: found,
    down: failed,
    title: t("weeks.bar", {
      day: shortDay(begins),
      found: t("weeks.found", { count: found }),
      failed: t("weeks.failed", { count: failed }),
    }),
    tick: at === weeks.length - 1 ? t("weeks.this") : at % TICKS === 0 ? shortDay(begins) : "",
  }));
  return barChart({
    bars,
    top: most > 0 ? t("weeks.best", { found: t("weeks.found", { count: most }) }) : "",
    caption: [
      h("span", { class: "key up" }, t("weeks.found", { count: sum("found") })),
      " ",
      h("span", { class: "key down" }, t("weeks.failed", { count: sum("failed") })),
      all ? null : h("span", { class: "quiet" }, t("weeks.cut", { count: looks.length })),
    ],
    table: {
      head: [t("weeks.column-week"), t("weeks.column-found"), t("weeks.column-failed")],
      rows: weeks.map(({ begins, found, failed, known }) => [
        shortDay(begins),
        known ? count(found) : t("weeks.unknown"),
        known ? count(failed) : t("weeks.unknown"),
      ]),
    },
  });
}

/** @param {Look[]} looks */
export function lookTable(looks) {
  if (looks.length === 0) return h("p", { class: "quiet" }, t("looks.none"));
  /** @type {Column<Look>[]} */
  const columns = [
    { name: t("looks.column-look"), lead: true, cell: ({ look }) => t("looks.number", { number: look ?? "" }) },
    { name: t("looks.column-time"), plain: true, cell: ({ at }) => since(at) },
    { name: t("looks.column-rung"), cell: ({ rung }) => rungName(rung) },
    { name: t("looks.column-requests"), number: true, cell: ({ requests }) => count(requests) },
    { name: t("looks.column-new"), number: true, cell: (look) => count(look.new) },
    { name: t("looks.column-filtered"), number: true, cell: ({ filtered }) => count(filtered) },
    { name: t("looks.column-gone"), number: true, cell: ({ gone }) => count(gone) },
    { name: t("looks.column-failure"), row: true, cell: (look) => look.failure && failure(look.failure) },
  ];
  return table({ caption: t("looks.caption"), columns, items: looks, key: ({ look }) => String(look) });
}
