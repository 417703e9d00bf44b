// How the archive is doing, on one page: what is there, what moves, what is stuck, and who has to do something.

import { get, post } from "../api.js";
import { h } from "../dom.js";
import { bytes, count, hours, percent } from "../format.js";
import { link } from "../router.js";
import { hoursBar, stateBar, stateLegend, total } from "../parts/bar.js";
import { breakers, budgets } from "../parts/breakers.js";
import { happenings, Happenings } from "../parts/happenings.js";
import { say } from "../parts/notice.js";
import { panel } from "../parts/panel.js";
import { queues, retriesDue, throughput } from "../parts/flow.js";
import { when } from "../parts/text.js";

/** Kind of what needs a person → where it is solved. */
const SOLVED_AT = {
  parked: () => link(["parked"]),
  "refused-playlists": () => link(["playlists"], { state: "refused" }),
  reason: ({ reason }) => link(["problems"], { reason }),
  kept: ({ reason }) => link(["videos"], { reason }),
};

export function overviewPage(_, screen) {
  let known = null;
  let running = [];
  const lately = new Happenings();

  const resume = async ({ egress, kind, source }) => {
    try {
      known.breakers = (await post(["breakers", egress, kind, "resume"], undefined, {}, { source })).items;
      say(`${egress} lets one video through within seconds.`);
    } catch (error) {
      say(error.message, { wrong: true });
    }
    screen.redraw();
  };

  return {
    title: () => "Overview",
    async load() {
      known = await get(["overview"]);
    },
    progress(data) {
      running = data.running;
      if (known !== null) known.progress = data.progress;
      screen.redraw();
    },
    happened(event) {
      lately.add(event);
      screen.redraw();
    },
    view: () => [
      figures(known.progress, known.playlists),
      panel("Needs a person", needs(known.needs_a_person), "needs wide"),
      panel("Last 24 hours", throughput(known.throughput), "wide-2"),
      panel("Running now", runningNow(running, known.progress.counts.running), "narrow"),
      panel("Egress", [breakers(known.breakers, resume), budgets(known.budgets)], "narrow"),
      panel("Retries due", retriesDue(known.retries_due), "narrow"),
      panel("Queues", queues(known.queues), "narrow"),
      panel("Since you opened this page", happenings(lately)),
      h("p", { class: "quiet small wide", "data-key": "version" }, `Fonoteca ${known.version}`),
    ],
  };
}

function figures(progress, playlists) {
  const { found_hours: found, stored_hours: stored, mirrored_hours: mirrored, counts } = progress;
  const figure = (name, value, note) =>
    h(
      "div",
      { class: "figure" },
      h("dt", null, name),
      h("dd", null, h("span", { class: "big" }, value), h("span", { class: "quiet" }, note)),
    );
  return h(
    "section",
    { class: "panel wide", "aria-label": "The archive", "data-key": "figures" },
    h(
      "dl",
      { class: "figures" },
      figure("Found", hours(found), `${count(total(counts))} videos in ${count(playlists)} playlists`),
      figure("Stored", hours(stored), `${percent(stored, found)} of it, ${bytes(progress.stored_bytes)}`),
      figure(
        "Mirrored",
        progress.mirroring ? hours(mirrored) : "–",
        progress.mirroring ? `${count(progress.mirrored)} of ${count(counts.stored)} stored` : "there is no mirror",
      ),
    ),
    hoursBar(progress),
    h("h2", { class: "unseen" }, "Videos by state"),
    stateBar(counts),
    stateLegend(counts),
  );
}

function needs(items) {
  if (items.length === 0) return h("p", { class: "calm" }, "Nothing needs a person.");
  return h(
    "ul",
    { class: "needs-list" },
    items.map((item) => h("li", null, h("b", { class: "badge" }, count(item.count)), " ", solvedAt(item))),
  );
}

function solvedAt(item) {
  if (item.kind === "breaker") {
    const show = (event) => {
      event.preventDefault();
      const section = document.getElementById("panel-egress");
      section.scrollIntoView({ block: "start" });
      section.focus({ preventScroll: true });
    };
    return h("a", { href: link(["overview"]), onclick: show }, item.what);
  }
  const address = SOLVED_AT[item.kind]?.(item);
  return address === undefined ? h("span", null, item.what) : h("a", { href: address }, item.what);
}

function runningNow(running, number) {
  if (running.length === 0)
    return h("p", { class: "quiet" }, number > 0 ? `${count(number)} videos.` : "Nothing is being fetched.");
  const more = number - running.length;
  return [
    h(
      "ul",
      { class: "lines" },
      running.map((video) =>
        h(
          "li",
          { "data-key": video.id },
          h("a", { href: link(["videos", video.id]), class: "title" }, video.title ?? video.id),
          h("span", { class: "quiet" }, when(video.since)),
        ),
      ),
    ),
    more > 0 ? h("p", { class: "quiet" }, `and ${count(more)} more`) : null,
  ];
}
