// What flows: hours stored by the hour, queues, retries that come.

import { barChart } from "../charts.js";
import { h } from "../dom.js";
import { count, hourOfDay, hours, timeOfDay } from "../format.js";
import { numbers } from "../numbers.js";
import { queueName } from "../words.js";
import { when } from "./text.js";

/** Every so many bars one has the hour below it. */
const TICKS = 6;

export function throughput(entries) {
  const sum = (name) => entries.reduce((all, entry) => all + entry[name], 0);
  const most = Math.max(...entries.map((entry) => entry.hours));
  const bars = entries.map((entry, at) => ({
    up: entry.hours,
    down: entry.failed,
    title: `${timeOfDay(entry.hour)}: ${hours(entry.hours)} of ${count(entry.videos)} videos stored, ${count(entry.failed)} failed`,
    tick: at % TICKS === 0 ? hourOfDay(entry.hour) : at === entries.length - 1 ? "now" : "",
  }));
  return barChart({
    bars,
    top: most > 0 ? `${hours(most)} in the best hour` : "",
    caption: [
      h("span", { class: "key up" }, `${hours(sum("hours"))} of ${count(sum("videos"))} videos stored`),
      " ",
      h("span", { class: "key down" }, `${count(sum("failed"))} failed attempts`),
    ],
    table: {
      head: ["Hour", "Stored", "Videos", "Failed"],
      rows: entries.map((entry) => [
        timeOfDay(entry.hour),
        hours(entry.hours),
        count(entry.videos),
        count(entry.failed),
      ]),
    },
  });
}

const DUE = {
  overdue: "Overdue",
  "1 min": "Within 1 min",
  "10 min": "10 min",
  "1 h": "1 h",
  "6 h": "6 h",
  "1 day": "1 day",
  later: "Later",
};

export function retriesDue(entries) {
  const all = entries.reduce((sum, entry) => sum + entry.videos, 0);
  if (all === 0) return h("p", { class: "quiet" }, "No video waits to be tried again.");
  return rows(entries.map(({ label, videos }) => ({ name: DUE[label] ?? label, number: videos })));
}

/** Named bars one below the other, for few things of different size. */
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

export function queues(entries) {
  const messages = (queue) => (queue.messages === null ? "unknown" : count(queue.messages));
  const away = entries.some((queue) => queue.messages === null);
  return [
    numbers({
      head: ["Queue", "Messages", "Oldest"],
      rows: entries.map((queue) => [
        [queueName(queue.queue), h("code", null, queue.queue)],
        messages(queue),
        queue.oldest_at === null ? "–" : when(queue.oldest_at),
      ]),
      keys: entries.map((queue) => queue.queue),
    }),
    away ? h("p", { class: "wrong" }, "The broker does not answer.") : null,
  ];
}
