// All videos, by filters that are kept in the address: a link shows the same to somebody else.

import { get } from "../data/api.js";
import { failure, state, VIDEO_STATES, when } from "../elements/labels.js";
import { LongList } from "../elements/long_list.js";
import { table } from "../elements/table.js";
import { FILTERS, filters, filtersIn } from "../parts/video/filters.js";
import { h } from "../shell/dom.js";
import { go, link } from "../shell/router.js";
import { date, length } from "../texts/format.js";
import { rich, t } from "../texts/texts.js";

/** @import { Video } from "api-types" */
/** @import { Column } from "../elements/table.js" */
/** @import { Handlers } from "../shell/dom.js" */
/** @import { Place } from "../shell/router.js" */
/** @import { Page, Screen } from "../shell/screen.js" */

/** Videos that the API returns at once at most. */
const MAX_ITEMS = 500;
/** Milliseconds after the last letter until the list follows the filter. */
const TYPING_MS = 400;

/**
 * @param {Place} here
 * @param {Screen} screen
 * @returns {Page}
 */
export function videosPage(here, screen) {
  let query = filtersIn(here.query);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const list = new LongList((page) => {
    const known = VIDEO_STATES.find((each) => each === query.state) ?? null;
    return get("/v1/videos", { query: { ...query, state: known, ...page } });
  }, MAX_ITEMS);

  /** @param {HTMLFormElement} form */
  const follow = (form) => {
    clearTimeout(timer);
    const given = new FormData(form);
    const wanted = Object.fromEntries(FILTERS.map((name) => [name, String(given.get(name) ?? "").trim()]));
    const address = link(["videos"], wanted);
    if (address !== location.hash) go(address, { instead: true });
  };
  /** @type {Handlers<HTMLFormElement>} */
  const handlers = {
    onsubmit: (event) => {
      event.preventDefault();
      follow(event.currentTarget);
    },
    oninput: ({ currentTarget, target }) => {
      clearTimeout(timer);
      timer = setTimeout(() => follow(currentTarget), target.nodeName === "SELECT" ? 0 : TYPING_MS);
    },
  };

  return {
    title: () => t("videos.title"),
    load: () => list.load(),
    moved(place) {
      query = filtersIn(place.query);
      list.begin();
    },
    leave: () => clearTimeout(timer),
    view: () => [filters(query, handlers), found(list), shown(list.items), list.button(() => screen.refresh())],
  };
}

/** @param {LongList<Video>} list */
function found({ items, next }) {
  const count = items.length;
  const some = next === null ? t("videos.found", { count }) : t("videos.latest", { count });
  const words = count === 0 ? t("videos.none") : some;
  return h("p", { class: "quiet found", role: "status", "data-key": "found" }, words);
}

/** @param {Video[]} items */
function shown(items) {
  if (items.length === 0) return null;
  /** @type {Column<Video>[]} */
  const columns = [
    { name: t("videos.column-title"), lead: true, cell: heading },
    {
      name: t("videos.column-state"),
      plain: true,
      cell: (video) => [state(video.state), " ", h("span", { class: "quiet small" }, when(video.state_since))],
    },
    {
      name: t("videos.column-length"),
      number: true,
      cell: ({ duration_seconds: seconds }) => (seconds === null ? null : length(seconds)),
    },
    {
      name: t("videos.column-published"),
      cell: ({ upload_date: uploaded }) => (uploaded === null ? null : date(uploaded)),
    },
    {
      name: t("videos.column-licence"),
      cell: ({ licence }) => (licence === null ? null : h("span", { class: "clipped", title: licence }, licence)),
    },
    { name: t("videos.column-mirrored"), cell: ({ mirror }) => (mirror === null ? null : when(mirror.mirrored_at)) },
  ];
  return h("div", { "data-key": "list" }, table({ caption: t("videos.caption"), columns, items, key: ({ id }) => id }));
}

/** @param {Video} video */
function heading(video) {
  return [
    h("a", { href: link(["videos", video.id]), class: "title covers" }, video.title ?? video.id),
    video.channel ? h("span", { class: "quiet" }, video.channel) : null,
    video.failure && video.state !== "stored"
      ? h(
          "p",
          { class: "why" },
          failure(video.failure),
          video.due_at && rich("videos.retry", { when: when(video.due_at) }),
        )
      : null,
  ];
}
