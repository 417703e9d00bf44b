// All videos, by filters that are kept in the address: a link shows the same to somebody else.

import { get } from "../api.js";
import { h } from "../dom.js";
import { date, length } from "../format.js";
import { go, link } from "../router.js";
import { STATES } from "../words.js";
import { LongList } from "../parts/more.js";
import { table } from "../parts/table.js";
import { failure, state, when } from "../parts/text.js";

const FILTERS = ["text", "state", "reason", "playlist", "channel", "licence"];
/** The API gives so many at once. */
const MOST = 500;
/** Milliseconds after the last letter until the list follows what is written. */
const WRITTEN = 400;

export function videosPage(here, screen) {
  let query = filtersIn(here.query);
  let timer = null;
  const list = new LongList((page) => get(["videos"], { ...query, ...page }), MOST);

  const follow = (form) => {
    clearTimeout(timer);
    const wanted = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
    const address = link(["videos"], wanted);
    if (address !== location.hash) go(address, { instead: true });
  };
  const form = {
    onsubmit: (event) => {
      event.preventDefault();
      follow(event.target);
    },
    oninput: (event) => {
      const { currentTarget } = event;
      clearTimeout(timer);
      timer = setTimeout(() => follow(currentTarget), event.target.nodeName === "SELECT" ? 0 : WRITTEN);
    },
  };

  return {
    title: () => "Videos",
    load: () => list.load(),
    moved(place) {
      query = filtersIn(place.query);
      list.begin();
    },
    leave: () => clearTimeout(timer),
    view: () => [filters(query, form), found(list), shown(list.items), list.button(() => screen.refresh())],
  };
}

function filtersIn(query) {
  return Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
}

function filters(query, handlers) {
  const field = (name, words, more = {}) =>
    h(
      "label",
      null,
      h("span", null, words),
      h("input", {
        name,
        value: query[name],
        autocomplete: "off",
        autocapitalize: "off",
        spellcheck: "false",
        ...more,
      }),
    );
  const states = Object.entries({ "": "All", ...STATES }).map(([value, words]) =>
    h("option", { value, selected: value === query.state }, words),
  );
  const rare = ["reason", "playlist", "channel", "licence"];
  const filtered = FILTERS.some((name) => query[name] !== "");
  return h(
    "form",
    { class: "filters", role: "search", "data-key": "filters", ...handlers },
    field("text", "Words of title or channel", { type: "search" }),
    h("label", null, h("span", null, "State"), h("select", { name: "state" }, states)),
    h(
      "details",
      { open: rare.some((name) => query[name] !== "") },
      h("summary", null, "More filters"),
      h(
        "div",
        { class: "fields" },
        field("reason", "Reason", { placeholder: "bot-check" }),
        field("playlist", "Playlist", { placeholder: "youtube:PL…" }),
        field("channel", "Channel, exactly"),
        field("licence", "Licence, exactly", { placeholder: "unknown: those without one" }),
      ),
    ),
    filtered ? h("a", { href: link(["videos"]), class: "clear" }, "Clear filters") : null,
  );
}

function found({ items, next }) {
  const words =
    items.length === 0 ? "No video is found." : next === null ? `${items.length} found` : `The latest ${items.length}`;
  return h("p", { class: "quiet found", role: "status", "data-key": "found" }, words);
}

function shown(items) {
  if (items.length === 0) return null;
  const columns = [
    { name: "Title", lead: true, cell: heading },
    {
      name: "State",
      cell: (video) => [state(video.state), " ", h("span", { class: "quiet small" }, when(video.state_since))],
    },
    {
      name: "Length",
      number: true,
      cell: ({ duration_seconds: seconds }) => (seconds === null ? null : length(seconds)),
    },
    { name: "Published", cell: ({ upload_date: uploaded }) => (uploaded === null ? null : date(uploaded)) },
    {
      name: "Licence",
      cell: ({ licence }) => (licence === null ? null : h("span", { class: "clipped", title: licence }, licence)),
    },
    { name: "Mirrored", cell: ({ mirror }) => (mirror === null ? null : when(mirror.mirrored_at)) },
  ];
  return h(
    "div",
    { "data-key": "list" },
    table({ caption: "Videos, the latest accession first", columns, items, key: ({ id }) => id }),
  );
}

function heading(video) {
  return [
    h("a", { href: link(["videos", video.id]), class: "title covers" }, video.title ?? video.id),
    video.channel ? h("span", { class: "quiet" }, video.channel) : null,
    video.failure && video.state !== "stored"
      ? h("p", { class: "why" }, failure(video.failure), video.due_at ? [" · again ", when(video.due_at)] : "")
      : null,
  ];
}
