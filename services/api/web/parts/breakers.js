// Whether scrapers accept work; if not, why and until when, and a button that lets one try now.

import { stateIcon } from "../elements/icon.js";
import { reasonWith, since, when } from "../elements/labels.js";
import { session } from "../data/session.js";
import { h } from "../shell/dom.js";
import { span } from "../texts/format.js";
import { reasonName, rich, t } from "../texts/texts.js";

/** @import { Breaker, Budget, HeldUp, VideoState } from "api-types" */

/** @type {Record<Breaker["state"], VideoState>} */
const ICONS = { closed: "stored", open: "abandoned", "half-open": "running" };

/**
 * The work that a breaker stops.
 * @param {Breaker} breaker
 */
const doing = ({ kind, source }) =>
  kind === "storage" ? t("breaker.storing") : t("breaker.asking", { source: source ?? "" });

/**
 * The requests of the last hour, where there is a budget for them.
 * @param {Budget[]} items
 */
export function budgets(items) {
  if (items.length === 0) return null;
  return h(
    "ul",
    { class: "lines budgets" },
    items.map(({ egress, source, budget, spent, free_at: free }) =>
      h(
        "li",
        { "data-key": `${egress}/${source}`, class: free === null ? null : "needs-attention" },
        h(
          "p",
          null,
          h("b", null, egress),
          " ",
          free === null
            ? t("breaker.budget", { source, spent, budget })
            : rich("breaker.budget-free", { source, spent, budget, when: when(free) }),
        ),
      ),
    ),
  );
}

/**
 * Why nothing moves, and until when; null if nothing keeps work waiting.
 * @param {HeldUp[]} items
 */
export function heldUp(items) {
  if (items.length === 0) return null;
  return h(
    "ul",
    { class: "lines held-up", role: "status", "data-key": "held-up" },
    items.map((held) =>
      h(
        "li",
        { class: "needs-attention", "data-key": `${held.egress}/${held.source}/${held.why}` },
        h("p", null, whyHeld(held), held.until && [" ", rich("breaker.held-until", { when: when(held.until) })]),
      ),
    ),
  );
}

/** @param {HeldUp} held */
function whyHeld({ egress, source, why, detail }) {
  const known = { egress: h("b", null, egress), reason: h("b", null, reasonName(why)), detail };
  return source === null ? rich("breaker.held-all", known) : rich("breaker.held-source", { ...known, source });
}

/**
 * @param {Breaker[]} items
 * @param {(breaker: Breaker) => void} resume
 */
export function breakers(items, resume) {
  if (items.length === 0) return h("p", { class: "quiet" }, t("breaker.none"));
  return h(
    "ul",
    { class: "lines breakers" },
    items.map((breaker) => one(breaker, resume)),
  );
}

/**
 * @param {Breaker} breaker
 * @param {(breaker: Breaker) => void} resume
 */
function one(breaker, resume) {
  const { egress, kind, source, state } = breaker;
  return h(
    "li",
    { "data-key": `${egress}/${kind}/${source}`, class: state === "closed" ? null : "needs-attention" },
    h(
      "p",
      null,
      h("b", null, egress),
      " ",
      h("span", { class: "quiet" }, doing(breaker)),
      " ",
      h("span", { class: "state" }, stateIcon(ICONS[state]), t(`breaker.${state}`)),
    ),
    state === "closed"
      ? null
      : [
          h("p", null, reasonWith(breaker.reason ?? "unknown", breaker.detail)),
          h("p", { class: "quiet" }, rich("breaker.since", { when: since(breaker.since), rest: rest(breaker) })),
          session.may("admin") && state === "open" ? tryNow(breaker, resume) : null,
        ],
  );
}

/**
 * @param {Breaker} breaker
 * @param {(breaker: Breaker) => void} resume
 */
function tryNow(breaker, resume) {
  return h(
    "p",
    null,
    h(
      "button",
      {
        type: "button",
        class: "small",
        "aria-label": t("breaker.try-label", { egress: breaker.egress, doing: doing(breaker) }),
        onclick: () => resume(breaker),
      },
      t("breaker.try"),
    ),
  );
}

/** @param {Breaker} breaker */
function rest({ state, until, rest_seconds: seconds }) {
  if (state === "half-open") return t("breaker.rest-half-open");
  if (until === null) return t("breaker.rest-until-resumed");
  return rich("breaker.rest-until", { when: when(until), span: span(seconds) });
}
