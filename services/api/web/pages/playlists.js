// Submit a playlist, and see how far each one is.

import { get } from "../api.js";
import { h } from "../dom.js";
import { count, hours, percent, span } from "../format.js";
import { observe, secondsLeft } from "../pace.js";
import { go, link } from "../router.js";
import { session } from "../session.js";
import { PLAYLIST_STATES } from "../words.js";
import { stateBar, total } from "../parts/bar.js";
import { LongList } from "../parts/more.js";
import { submission } from "../parts/submission.js";
import { table } from "../parts/table.js";
import { notListed, playlistState, when } from "../parts/text.js";

/** With their progress, the API gives so many at once. */
const MOST = 100;

export function playlistsPage(here, screen) {
  let state = here.query.get("state") ?? "";
  const list = new LongList((page) => get(["playlists"], { state, progress: true, ...page }), MOST);
  const form = submission(screen);

  return {
    title: () => "Playlists",
    async load() {
      await list.load();
      for (const { id, progress } of list.items) observe(id, progress.counts.stored);
    },
    moved({ query }) {
      state = query.get("state") ?? "";
      list.begin();
    },
    view: () => [
      session.may("submit") ? form.view() : null,
      filter(state),
      list.items.length === 0 ? empty(state) : shown(list.items),
      list.button(() => screen.refresh()),
    ],
  };
}

function filter(state) {
  const choose = ({ target }) => go(link(["playlists"], { state: target.value }));
  const options = Object.entries({ "": "All", ...PLAYLIST_STATES }).map(([value, words]) =>
    h("option", { value, selected: value === state }, words),
  );
  return h(
    "form",
    { class: "filters", "data-key": "filter", onsubmit: (event) => event.preventDefault() },
    h("label", null, h("span", null, "State"), h("select", { name: "state", onchange: choose }, options)),
  );
}

function empty(state) {
  const words =
    state !== ""
      ? "No playlist is in this state."
      : session.may("submit")
        ? "No playlist yet. Paste the address of a playlist, a channel or a video above; what it names is fetched, verified and stored."
        : "No playlist yet. Somebody with a key that may submit can add one.";
  return h("p", { class: "empty", "data-key": "empty" }, words);
}

function shown(items) {
  const columns = [
    { name: "Playlist", lead: true, cell: heading },
    { name: "State", cell: (playlist) => playlistState(playlist.state) },
    { name: "Progress", cell: (playlist) => progress(playlist.progress) },
    { name: "Stored", number: true, cell: ({ progress: { stored_hours: stored } }) => hours(stored) },
    { name: "Left", number: true, cell: left },
    { name: "Submitted", cell: (playlist) => when(playlist.submitted_at) },
  ];
  return h(
    "div",
    { "data-key": "list" },
    table({ caption: "Playlists, the latest submission first", columns, items, key: ({ id }) => id }),
  );
}

function heading(playlist) {
  return [
    h("a", { href: link(["playlists", playlist.id]), class: "title covers" }, playlist.title ?? playlist.url),
    playlist.channel ? h("span", { class: "quiet" }, playlist.channel) : null,
    notListed(playlist),
  ];
}

function progress({ counts }) {
  const all = total(counts);
  if (all === 0) return null;
  return h(
    "div",
    { class: "progress" },
    stateBar(counts),
    h("span", null, `${count(counts.stored)} of ${count(all)}, ${percent(counts.stored, all)}`),
  );
}

function left({ id, progress: { counts } }) {
  const seconds = secondsLeft(id, counts.queued + counts.running);
  return seconds === null ? null : `about ${span(seconds)}`;
}
