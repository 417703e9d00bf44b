// The state of a followed source, its schedule, and what its last look found, in words.

import { scheduleIn } from "../data/schedule.js";
import { h } from "../shell/dom.js";
import { link } from "../shell/router.js";
import { language } from "../texts/choice.js";
import { reasonName, rich, t, textOr } from "../texts/texts.js";
import { sourceIcon } from "./icon.js";
import { when } from "./labels.js";

/** @import { Answer } from "api-types" */
/** @import { Child } from "dom-types" */
/** @typedef {Answer<"get", "/v1/sources/{name}">} Source */
/** @typedef {Answer<"get", "/v1/sources/{name}/looks">["items"][number]} Look */
/** @typedef {Source["state"]} SourceState */

/** @param {Source} source */
export function sourceState({ state, same_as: same }) {
  const words =
    state === "same" && same !== null
      ? rich("source-state.same", { source: h("a", { href: link(["sources", same]) }, same) })
      : textOr(`source-state.${state}`, state);
  return h("span", { class: `state ${state === "same" ? "long" : ""}` }, sourceIcon(state), words);
}

/**
 * When its next look is; null for a source that is not looked at.
 * @param {Source} source
 */
export const nextLook = ({ state, due_at: due }) => (state === "waiting" || state === "due" ? when(due) : null);

/**
 * How a look read the source.
 * @param {string} rung
 */
export const rungName = (rung) => textOr(`rung.${rung}`, rung);

/**
 * What the last look found, or why it found nothing.
 * @param {Look | null} last
 * @returns {Child}
 */
export function lastLook(last) {
  if (last === null) return t("sources.never");
  const at = when(last.at);
  if (last.failure !== null) {
    return h(
      "span",
      { class: "wrong" },
      rich("sources.failed", { why: h("b", null, reasonName(last.failure.reason)), when: at }),
    );
  }
  return rich("sources.last", {
    rung: rungName(last.rung),
    found: t("sources.found", { count: last.new }),
    when: at,
  });
}

/**
 * When it is looked at. An automatic schedule is explained by the API, in English.
 * @param {Source} source
 * @returns {Child}
 */
export function scheduleWords({ definition, schedule: explained }) {
  const every = definition["every"];
  if (typeof every !== "string") {
    const detail = h("span", { class: "explained", lang: language === "en" ? null : "en" }, explained);
    return rich("element.with-detail", { name: t("schedule.auto"), detail });
  }
  const schedule = scheduleIn(every);
  if (schedule === null) return explained;
  if ("cron" in schedule) {
    return rich("schedule.cron", { line: h("code", null, schedule.cron), zone: schedule.zone });
  }
  return t(`schedule.${schedule.unit}`, { count: schedule.every });
}
