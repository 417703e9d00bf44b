// Throughput: hours stored by the hour, queues, retries that are due.

import { barChart } from "../elements/chart.js";
import { when } from "../elements/labels.js";
import { numberTable } from "../elements/number_table.js";
import { h } from "../shell/dom.js";
import { count, hourOfDay, hours, timeOfDay } from "../texts/format.js";
import { queueName } from "../texts/names.js";
import { t } from "../texts/texts.js";

/** @import { Due, Hour, Queue } from "api-types" */

/** Every so many bars one has the hour below it. */
const TICKS = 6;

/** @param {Hour[]} entries */
export function throughput(entries) {
  /** @param {"failed" | "hours" | "videos"} name */
  const sum = (name) => entries.reduce((all, entry) => all + entry[name], 0);
  /** @param {number} number */
  const videos = (number) => t("count.videos", { count: number });
  const most = Math.max(...entries.map((entry) => entry.hours));
  const bars = entries.map((entry, at) => ({
    up: entry.hours,
    down: entry.failed,
    title: t("throughput.bar", {
      hour: timeOfDay(entry.hour),
      hours: hours(entry.hours),
      videos: videos(entry.videos),
      failed: entry.failed,
    }),
    tick: at % TICKS === 0 ? hourOfDay(entry.hour) : at === entries.length - 1 ? t("throughput.now") : "",
  }));
  const stored = t("throughput.stored", { hours: hours(sum("hours")), videos: videos(sum("videos")) });
  return barChart({
    bars,
    top: most > 0 ? t("throughput.best", { hours: hours(most) }) : "",
    caption: [
      h("span", { class: "key up" }, stored),
      " ",
      h("span", { class: "key down" }, t("throughput.failed", { count: sum("failed") })),
    ],
    table: {
      head: [
        t("throughput.column-hour"),
        t("throughput.column-stored"),
        t("throughput.column-videos"),
        t("throughput.column-failed"),
      ],
      rows: entries.map((entry) => [
        timeOfDay(entry.hour),
        hours(entry.hours),
        count(entry.videos),
        count(entry.failed),
      ]),
    },
  });
}

/** @param {Due[]} entries */
export function retriesDue(entries) {
  const all = entries.reduce((sum, entry) => sum + entry.videos, 0);
  if (all === 0) return h("p", { class: "quiet" }, t("due.none"));
  return rows(entries.map(({ label, videos }) => ({ name: t(`due.${label}`), number: videos })));
}

/**
 * Named bars one below the other, for few things of different size.
 * @param {{name: string, number: number}[]} entries
 */
function rows(entries) {
  const most = Math.max(...entries.map((entry) => entry.number), 1);
  return h(
    "ul",
    { class: "rows" },
    entries.map(({ name, number }) =>
      h(
        "li",
        null,
        h("span", null, name),
        h("b", null, count(number)),
        h(
          "span",
          { class: "row-bar", "aria-hidden": "true" },
          h("span", { style: { width: `${(100 * number) / most}%` } }),
        ),
      ),
    ),
  );
}

/** @param {Queue[]} entries */
export function queues(entries) {
  /** @param {Queue} queue */
  const messages = (queue) => (queue.messages === null ? t("queues.unknown") : count(queue.messages));
  const away = entries.some((queue) => queue.messages === null);
  return [
    numberTable({
      head: [t("queues.column-queue"), t("queues.column-messages"), t("queues.column-oldest")],
      rows: entries.map((queue) => [
        [queueName(queue.queue), h("code", null, queue.queue)],
        messages(queue),
        queue.oldest_at === null ? "–" : when(queue.oldest_at),
      ]),
      keys: entries.map((queue) => queue.queue),
    }),
    away ? h("p", { class: "wrong" }, t("queues.away")) : null,
  ];
}
