// The state of the archive on one page: figures, activity, problems, and what needs a person.

import { get, post } from "../data/api.js";
import { say, sayError } from "../elements/notice.js";
import { panel } from "../elements/panel.js";
import { breakers, budgets } from "../parts/breakers.js";
import { concerns } from "../parts/concerns.js";
import { figures } from "../parts/figures.js";
import { queues, retriesDue, throughput } from "../parts/flow.js";
import { rates } from "../parts/rates.js";
import { recentEvents, RecentEvents } from "../parts/recent_events.js";
import { runningNow } from "../parts/running.js";
import { h } from "../shell/dom.js";
import { t } from "../texts/texts.js";

/** @import { Breaker, Overview, Rate, Running } from "api-types" */
/** @import { Place } from "../shell/router.js" */
/** @import { Page, Screen } from "../shell/screen.js" */

/** Milliseconds between two looks at the rates, which are those of hours. */
const RATES_MS = 60_000;

/**
 * @param {Place} _
 * @param {Screen} screen
 * @returns {Page}
 */
export function overviewPage(_, screen) {
  /** @type {Overview | null} */
  let known = null;
  /** @type {Running[]} */
  let running = [];
  /** @type {Rate[]} */
  let measured = [];
  let measuredAt = -Infinity;
  const recent = new RecentEvents();

  /** @param {Breaker} breaker */
  const resume = async ({ egress, kind, source }) => {
    try {
      const path = { egress, kind };
      const { items } = await post("/v1/breakers/{egress}/{kind}/resume", { path, query: { source } });
      if (known !== null) known.breakers = items;
      say(t("overview.resumed", { egress }));
    } catch (error) {
      sayError(error);
    }
    screen.redraw();
  };

  return {
    title: () => t("overview.title"),
    async load() {
      known = await get("/v1/overview");
      if (performance.now() - measuredAt < RATES_MS) return;
      measured = (await get("/v1/measurements/rates")).items;
      measuredAt = performance.now();
    },
    progress(data) {
      running = data.running;
      if (known !== null) known.progress = data.progress;
      screen.redraw();
    },
    happened(event) {
      recent.add(event);
      screen.redraw();
    },
    view: () => (known === null ? [] : view(known, { running, measured, recent }, resume)),
  };
}

/**
 * @param {Overview} known
 * @param {{running: Running[], measured: Rate[], recent: RecentEvents}} live
 * @param {(breaker: Breaker) => void} resume
 */
function view(known, { running, measured, recent }, resume) {
  const now = runningNow(running, known.progress.counts.running);
  return [
    figures(known.progress, known.playlists),
    panel("needs", t("overview.needs"), concerns(known.needs_a_person), "needs wide"),
    panel("day", t("overview.day"), throughput(known.throughput), "wide-2"),
    panel("running", t("overview.running"), now, "narrow"),
    panel(
      "egress",
      t("overview.egress"),
      [breakers(known.breakers, resume), budgets(known.budgets), rates(measured)],
      "narrow",
    ),
    panel("retries", t("overview.retries"), retriesDue(known.retries_due), "narrow"),
    panel("queues", t("overview.queues"), queues(known.queues), "narrow"),
    panel("events", t("overview.events"), recentEvents(recent)),
    h("p", { class: "quiet small wide", "data-key": "version" }, `Fonoteca ${known.version}`),
  ];
}
