// One playlist: how far it is, what is not stored and why, what just happened.

import { get, post } from "../api.js";
import { h } from "../dom.js";
import { bytes, count, fromNow, hours, percent, span } from "../format.js";
import { observe, secondsLeft } from "../pace.js";
import { link } from "../router.js";
import { session } from "../session.js";
import { hoursBar, stateBar, stateLegend, total } from "../parts/bar.js";
import { heldUp } from "../parts/breakers.js";
import { endings } from "../parts/endings.js";
import { forPlayers } from "../parts/download.js";
import { happenings, Happenings } from "../parts/happenings.js";
import { say } from "../parts/notice.js";
import { outside } from "../parts/outside.js";
import { panel } from "../parts/panel.js";
import { reasonLines } from "../parts/reasons.js";
import { fact, notListed, playlistState, state, when } from "../parts/text.js";

/** So many of its videos are shown here; the others are one link away. */
const SHOWN = 10;

export function playlistPage({ path: [, id] }, screen) {
  let playlist = null;
  let reasons = [];
  let videos = { items: [], next: null };
  const lately = new Happenings();

  const know = (progress) => {
    playlist.progress = progress;
    observe(id, progress.counts.stored);
  };

  const listAgain = async () => {
    const { url, profiles, limit, priority } = playlist;
    try {
      // With what was wished for it before: a submission without wishes would take them away.
      const wishes = { profiles: profiles ?? undefined, limit: limit ?? undefined };
      // Haste is for administrators.
      if (session.may("admin")) wishes.priority = priority;
      const { retry_at: again } = await post(["playlists"], { url, ...wishes });
      say(
        again === null
          ? "It is listed again; only what is new is fetched."
          : `It was listed lately, and is listed again ${fromNow(again)}.`,
      );
    } catch (error) {
      say(error.message, { wrong: true });
    }
    screen.refresh();
  };

  const { abandon, erase } = endings(id, () => playlist.title ?? id, screen);

  return {
    playlist: id,
    title: () => playlist?.title ?? playlist?.url ?? "Playlist",
    async load() {
      const [read, found, some] = await Promise.all([
        get(["playlists", id]),
        get(["reasons"], { playlist: id }),
        get(["videos"], { playlist: id, limit: SHOWN }),
      ]);
      [playlist, reasons, videos] = [read, found.items, some];
      know(read.progress);
    },
    progress(data) {
      // The stream of the page before may still tell of everything.
      if (playlist === null || data.playlist?.id !== id) return;
      playlist = { ...playlist, ...data.playlist };
      know(data.progress);
      screen.redraw();
    },
    happened(event) {
      if (!event.playlists.includes(id)) return;
      lately.add(event);
      screen.redraw();
    },
    view: () => [
      header(playlist, { listAgain, abandon, erase }),
      panel("Progress", progress(playlist)),
      panel("Not stored, and why", reasonLines(reasons, id)),
      panel("Videos", some(videos, playlist)),
      playlist.progress.counts.stored === 0 ? null : panel("For players", forPlayers(id)),
      panel("Since you opened this page", happenings(lately)),
    ],
  };
}

function header(playlist, decisions) {
  return h(
    "div",
    { class: "wide", "data-key": "header" },
    h(
      "dl",
      { class: "facts" },
      fact("State", playlistState(playlist.state)),
      fact("Channel", playlist.channel),
      fact("Submitted", when(playlist.submitted_at)),
      fact("Found", foundIn(playlist)),
      fact("Left out", playlist.left_out.join(" ")),
      fact("Profiles", playlist.profiles?.join(", ")),
      fact("Limit", playlist.limit === null ? null : `${count(playlist.limit)} videos`),
      fact("Priority", playlist.priority === "high" ? "High" : null),
      fact("Address", outside(playlist.url)),
    ),
    notListed(playlist),
    heldUp(playlist.held_up),
    buttons(playlist, decisions),
  );
}

function buttons({ state: listing }, { listAgain, abandon, erase }) {
  if (!session.may("submit")) return null;
  const button = (words, onclick, danger) =>
    h("button", { type: "button", class: danger ? "danger" : null, "data-key": words, onclick }, words);
  return h(
    "p",
    { class: "buttons", "data-key": "buttons" },
    button("List again", listAgain),
    session.may("admin") && listing !== "refused" ? button("Abandon…", abandon) : null,
    session.may("admin") ? button("Delete…", erase, true) : null,
  );
}

function foundIn({ found, expected }) {
  const of = expected === null || expected === found ? "" : ` of ${count(expected)}`;
  return `${count(found)}${of} entries in its last listing`;
}

function progress({ id, state: listing, progress: known }) {
  const { counts } = known;
  const all = total(counts);
  if (all === 0)
    return h(
      "p",
      { class: "quiet" },
      listing === "refused"
        ? "It cannot be listed, so there are no videos."
        : "No videos yet. They appear as the listing goes on.",
    );
  const seconds = secondsLeft(id, counts.queued + counts.running);
  return [
    h(
      "p",
      { class: "sentence" },
      h("b", null, `${count(counts.stored)} of ${count(all)}`),
      ` videos stored (${percent(counts.stored, all)}); `,
      h("b", null, hours(known.stored_hours)),
      ` of ${hours(known.found_hours)}, ${bytes(known.stored_bytes)}`,
      known.mirroring ? `; ${count(known.mirrored)} mirrored` : "",
      seconds === null ? "." : `; about ${span(seconds)} left.`,
    ),
    hoursBar(known),
    stateBar(counts),
    stateLegend(counts, { playlist: id }),
  ];
}

function some({ items, next }, { id }) {
  if (items.length === 0) return h("p", { class: "quiet" }, "None yet.");
  return [
    h(
      "ul",
      { class: "lines" },
      items.map((video) =>
        h(
          "li",
          { "data-key": video.id },
          h("a", { href: link(["videos", video.id]), class: "title" }, video.title ?? video.id),
          state(video.state),
        ),
      ),
    ),
    h(
      "p",
      null,
      h("a", { href: link(["videos"], { playlist: id }) }, next === null ? "Show them as a table" : "All its videos"),
    ),
  ];
}
