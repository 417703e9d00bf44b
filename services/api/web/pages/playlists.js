// Submit a playlist, and see the progress of each one.

import { get } from "../data/api.js";
import { observe, secondsLeft } from "../data/pace.js";
import { session } from "../data/session.js";
import { notListed, PLAYLIST_STATES, playlistState, when } from "../elements/labels.js";
import { LongList } from "../elements/long_list.js";
import { stateBar, total } from "../elements/state_bar.js";
import { table } from "../elements/table.js";
import { submissionForm } from "../parts/submission.js";
import { h } from "../shell/dom.js";
import { go, link } from "../shell/router.js";
import { hours, percent, span } from "../texts/format.js";
import { t } from "../texts/texts.js";

/** @import { ListedPlaylist, Progress } from "api-types" */
/** @import { Column } from "../elements/table.js" */
/** @import { Place } from "../shell/router.js" */
/** @import { Page, Screen } from "../shell/screen.js" */

/** Playlists with their progress that the API returns at once at most. */
const MAX_ITEMS = 100;

/**
 * @param {Place} here
 * @param {Screen} screen
 * @returns {Page}
 */
export function playlistsPage(here, screen) {
  let state = stateIn(here.query);
  const list = new LongList(
    (page) => get("/v1/playlists", { query: { state: state ?? null, progress: true, ...page } }),
    MAX_ITEMS,
  );
  const form = submissionForm(screen);

  return {
    title: () => t("playlists.title"),
    async load() {
      await list.load();
      for (const { id, progress } of list.items) if (progress !== null) observe(id, progress.counts.stored);
    },
    moved({ query }) {
      state = stateIn(query);
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

/** @param {URLSearchParams} query */
const stateIn = (query) => PLAYLIST_STATES.find((state) => state === query.get("state"));

/** @param {string | undefined} chosen */
function filter(chosen) {
  const states = PLAYLIST_STATES.map((state) =>
    h("option", { value: state, selected: state === chosen }, t(`playlist-state.${state}`)),
  );
  return h(
    "form",
    { class: "filters", "data-key": "filter", onsubmit: (event) => event.preventDefault() },
    h(
      "label",
      null,
      h("span", null, t("playlists.column-state")),
      h(
        "select",
        { name: "state", onchange: ({ currentTarget }) => go(link(["playlists"], { state: currentTarget.value })) },
        h("option", { value: "", selected: chosen === undefined }, t("element.all")),
        states,
      ),
    ),
  );
}

/** @param {string | undefined} state */
function empty(state) {
  const none = session.may("submit") ? t("playlists.none-submit") : t("playlists.none");
  const words = state === undefined ? none : t("playlists.none-in-state");
  return h("p", { class: "empty", "data-key": "empty" }, words);
}

/** @param {ListedPlaylist[]} items */
function shown(items) {
  /** @type {Column<ListedPlaylist>[]} */
  const columns = [
    { name: t("playlists.column-playlist"), lead: true, cell: heading },
    { name: t("playlists.column-state"), plain: true, cell: (playlist) => playlistState(playlist.state) },
    { name: t("playlists.column-progress"), row: true, cell: ({ progress }) => progress && progressCell(progress) },
    {
      name: t("playlists.column-stored"),
      number: true,
      cell: ({ progress }) => progress && hours(progress.stored_hours),
    },
    { name: t("playlists.column-left"), number: true, cell: left },
    { name: t("playlists.column-submitted"), cell: (playlist) => when(playlist.submitted_at) },
  ];
  return h(
    "div",
    { "data-key": "list" },
    table({ caption: t("playlists.caption"), columns, items, key: ({ id }) => id }),
  );
}

/** @param {ListedPlaylist} playlist */
function heading(playlist) {
  return [
    h("a", { href: link(["playlists", playlist.id]), class: "title covers" }, playlist.title ?? playlist.url),
    playlist.channel ? h("span", { class: "quiet" }, playlist.channel) : null,
    notListed(playlist),
  ];
}

/** @param {Progress} progress */
function progressCell({ counts }) {
  const all = total(counts);
  if (all === 0) return null;
  const words = t("playlists.progress", { stored: counts.stored, all, percent: percent(counts.stored, all) });
  return h("div", { class: "progress" }, stateBar(counts), h("span", null, words));
}

/** @param {ListedPlaylist} playlist */
function left({ id, progress }) {
  const seconds = progress && secondsLeft(id, progress.counts.queued + progress.counts.running);
  return seconds === null ? null : t("playlists.left", { span: span(seconds) });
}
