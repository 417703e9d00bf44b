// Whether scrapers take work; and if not, why, until when, and a person's wish that one tries now.

import { h } from "../dom.js";
import { count, span } from "../format.js";
import { session } from "../session.js";
import { reasonName } from "../words.js";
import { stateIcon } from "./icon.js";
import { since, when } from "./text.js";

const WORDS = { closed: "Takes work", open: "Rests", "half-open": "Tries one video" };
const ICONS = { closed: "stored", open: "abandoned", "half-open": "running" };
/** What a breaker keeps from being done. */
const doing = ({ kind, source }) => (kind === "storage" ? "storing" : `asking ${source}`);

/** The requests of the last hour, where there is a budget for them. */
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
          ` ${source}: ${count(spent)} of ${count(budget)} requests of this hour`,
          free === null ? null : [", asks again ", when(free)],
        ),
      ),
    ),
  );
}

/** Why nothing moves, and until when; null if nothing keeps work waiting. */
export function heldUp(items) {
  if (!items?.length) return null;
  return h(
    "ul",
    { class: "lines held-up", role: "status", "data-key": "held-up" },
    items.map(({ egress, source, why, detail, until }) =>
      h(
        "li",
        { class: "needs-attention", "data-key": `${egress}/${source}/${why}` },
        h(
          "p",
          null,
          h("b", null, egress),
          source === null ? " rests: " : ` asks nothing of ${source}: `,
          h("b", null, reasonName(why)),
          ` – ${detail}`,
          until === null ? null : [". It goes on ", when(until), "."],
        ),
      ),
    ),
  );
}

export function breakers(items, resume) {
  if (items.length === 0) return h("p", { class: "quiet" }, "No scraper has reported yet.");
  return h(
    "ul",
    { class: "lines breakers" },
    items.map((breaker) => one(breaker, resume)),
  );
}

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
      h("span", { class: "state" }, stateIcon(ICONS[state]), WORDS[state]),
    ),
    state === "closed"
      ? null
      : [
          h(
            "p",
            null,
            h("b", null, reasonName(breaker.reason ?? "unknown")),
            breaker.detail ? ` – ${breaker.detail}` : "",
          ),
          h("p", { class: "quiet" }, "Since ", since(breaker.since), ". ", rest(breaker)),
          session.may("admin") && state === "open"
            ? h(
                "p",
                null,
                h(
                  "button",
                  {
                    type: "button",
                    class: "small",
                    "aria-label": `Try ${egress} (${doing(breaker)}) now`,
                    onclick: () => resume(breaker),
                  },
                  "Try now",
                ),
              )
            : null,
        ],
  );
}

function rest({ state, until, rest_seconds: seconds }) {
  if (state === "half-open") return "One video is let through; if it is refused, the rest gets longer.";
  if (until === null) return "It rests until a person lets it try again.";
  return ["It tries again ", when(until), ` (a rest of ${span(seconds)}).`];
}
