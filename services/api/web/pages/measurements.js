// How well recordings download: one parameter over time and as a distribution, by what one wants to compare.

import { get } from "../data/api.js";
import { before, compared, groupsOf, hoursOf, lastHours, together } from "../data/measured.js";
import { session } from "../data/session.js";
import { sayError } from "../elements/notice.js";
import { panel } from "../elements/panel.js";
import { Plot } from "../elements/plot.js";
import { crawlForm, crawlTable } from "../parts/measurements/crawls.js";
import { choices, choicesIn, isHourly } from "../parts/measurements/choices.js";
import { groupName, hourName, parameterName } from "../parts/measurements/names.js";
import { distributionPicture, hourPicture, QUANTILES, timePicture } from "../parts/measurements/pictures.js";
import { savers } from "../parts/measurements/saving.js";
import { groupTable } from "../parts/measurements/table.js";
import { h } from "../shell/dom.js";
import { go, link } from "../shell/router.js";
import { t } from "../texts/texts.js";

/** @import { Crawl, Series, Values } from "api-types" */
/** @import { Group } from "../data/measured.js" */
/** @import { Choices } from "../parts/measurements/choices.js" */
/** @import { Place } from "../shell/router.js" */
/** @import { Page, Screen } from "../shell/screen.js" */

/** Milliseconds after which the same choice is read again: measurements come all day, and a picture needs none of them. */
const FRESH_MS = 60_000;
/** Crawls that are shown. */
const MAX_CRAWLS = 20;

/**
 * @param {Place} here
 * @param {Screen} screen
 * @returns {Page}
 */
export function measurementsPage(here, screen) {
  let wanted = choicesIn(here.query);
  const shown = new Shown();
  /** @type {Series[]} */
  let series = [];
  /** @type {Crawl[]} */
  let crawls = [];
  const form = crawlForm(screen);

  /** @param {HTMLFormElement} chosen */
  const follow = (chosen) => {
    const given = Object.fromEntries([...new FormData(chosen)].map(([name, value]) => [name, String(value)]));
    const address = link(["measurements"], given);
    if (address !== location.hash) go(address, { instead: true });
  };

  return {
    title: () => t("measurements.title"),
    async load() {
      crawls = (await get("/v1/crawls", { query: { limit: MAX_CRAWLS } })).items;
      if (!shown.isFresh(wanted)) series = await shown.read(wanted);
    },
    moved(place) {
      wanted = choicesIn(place.query);
      // At once: the page itself is loaded again only now and then.
      shown.read(wanted).then((read) => {
        series = read;
        screen.redraw();
      }, sayError);
    },
    leave: () => shown.leave(),
    view: () => [
      choices(wanted, series, crawls, { onchange: ({ currentTarget }) => follow(currentTarget) }),
      ...shown.view(),
      panel("crawls", t("crawls.title"), [crawlTable(crawls, screen), session.may("admin") ? form.view() : null]),
    ],
  };
}

/** The measurements on the screen, which belong to the choices by which they were read. */
class Shown {
  /** @type {Choices | null} */
  #choices = null;
  /** @type {Values | null} */
  #values = null;
  /** @type {Group[]} */
  #groups = [];
  #key = "";
  #at = -Infinity;
  #first = new Plot("over-time");
  #second = new Plot("distribution");

  /** @param {Choices} wanted */
  isFresh(wanted) {
    return JSON.stringify(wanted) === this.#key && performance.now() - this.#at < FRESH_MS;
  }

  /**
   * Read what is chosen and draw it. Returns what else there is to choose.
   * @param {Choices} wanted
   * @returns {Promise<Series[]>}
   */
  async read(wanted) {
    const key = JSON.stringify(wanted);
    this.#key = key;
    const time = lastHours(wanted.hours, Date.now());
    const [values, { items }] = await Promise.all([
      valuesOf(wanted, time),
      get("/v1/measurements/series", { query: isoOf(time) }),
    ]);
    const groups = wanted.compare ? await withBefore(wanted, time, values) : grouped(wanted, values);
    // Somebody may have chosen again meanwhile.
    if (this.#key !== key) return items;
    [this.#choices, this.#values, this.#groups, this.#at] = [wanted, values, groups, performance.now()];
    this.#first.element.hidden = this.#second.element.hidden = groups.length === 0;
    const what = { groups, parameter: wanted.parameter, time: values };
    const hourly = isHourly(wanted.by) && !wanted.compare;
    this.#first.show(hourly ? hourPicture(what) : timePicture(what));
    const all = hourly ? together(values, t("element.all")) : groups;
    this.#second.show(distributionPicture({ ...what, groups: all }));
    return items;
  }

  leave() {
    this.#first.leave();
    this.#second.leave();
  }

  view() {
    const [choice, values, groups] = [this.#choices, this.#values, this.#groups];
    if (choice === null || values === null) return [];
    const what = parameterName(choice.parameter);
    const hourly = isHourly(choice.by) && !choice.compare;
    const above = hourly ? t("measurements.over-hours", { what }) : t("measurements.over-time", { what });
    return [
      h("p", { class: "quiet found", role: "status", "data-key": "found" }, told(values)),
      groups.length === 0 ? nothing() : null,
      heading("over-time", above, groups.length),
      hourly && groups.length > 0 ? quantileLegend() : null,
      this.#first.element,
      savers("over-time", this.#first, choice, groups),
      heading("distribution", t("measurements.distribution", { what }), groups.length),
      this.#second.element,
      savers("distribution", this.#second, choice, groups),
      groups.length === 0 ? null : panel("groups", t("measurements.groups"), groupTable(groups, choice)),
    ];
  }
}

/**
 * @param {string} key
 * @param {string} words
 * @param {number} shown
 */
function heading(key, words, shown) {
  return h("h2", { "data-key": `${key}-heading`, hidden: shown === 0 }, words);
}

function quantileLegend() {
  const parts = QUANTILES.map(([name, colour]) =>
    h("span", null, h("span", { class: `swatch swatch-${colour}`, "aria-hidden": "true" }), t(name)),
  );
  return h("p", { class: "savers", "data-key": "quantiles" }, parts);
}

function nothing() {
  return h("div", { class: "empty", "data-key": "empty" }, h("p", null, t("measurements.none")));
}

/** @param {Values} values */
function told({ total, complete, value }) {
  return complete
    ? t("measurements.all", { count: value.length })
    : t("measurements.some", { shown: value.length, total });
}

/** @param {{since: number, until: number}} time */
function isoOf({ since, until }) {
  return { since: new Date(since).toISOString(), until: new Date(until).toISOString() };
}

/**
 * @param {Choices} wanted
 * @param {{since: number, until: number}} time
 */
function valuesOf({ parameter, by, points, egress, provider, source, purpose, crawl }, time) {
  const which = { egress, provider, source, crawl, purpose: purpose === "" ? null : purpose };
  return get("/v1/measurements/values", {
    query: { parameter, by: isHourly(by) ? "egress" : by, limit: points, ...which, ...isoOf(time) },
  });
}

/**
 * @param {Choices} wanted
 * @param {Values} read
 */
function grouped({ by }, read) {
  if (isHourly(by)) return hoursOf(read, hourName);
  return groupsOf(read).map((group) => ({ ...group, name: groupName(by, group.name) }));
}

/**
 * @param {Choices} wanted
 * @param {{since: number, until: number}} time
 * @param {Values} now
 */
async function withBefore(wanted, time, now) {
  const earlier = await valuesOf(wanted, before(time));
  return compared(now, earlier, [t("measurements.now"), t("measurements.before")]);
}
