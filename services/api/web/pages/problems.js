// Why videos are not stored, and what a person decides about all of one reason.

import { get } from "../api.js";
import { h } from "../dom.js";
import { count } from "../format.js";
import { link } from "../router.js";
import { session } from "../session.js";
import { following, reasonName } from "../words.js";
import { BulkDecision } from "../parts/bulk.js";
import { stateIcon } from "../parts/icon.js";
import { when } from "../parts/text.js";

export function problemsPage(here, screen) {
  let playlist = here.query.get("playlist");
  let only = here.query.get("reason");
  let reasons = [];
  const bulk = new BulkDecision(screen);

  return {
    title: () => "Problems",
    async load() {
      reasons = (await get(["reasons"], { playlist })).items;
    },
    moved({ query }) {
      [playlist, only] = [query.get("playlist"), query.get("reason")];
    },
    leave: () => bulk.stop(),
    view() {
      const shown = only === null ? reasons : reasons.filter(({ reason }) => reason === only);
      const most = Math.max(...reasons.map(({ open, abandoned }) => open + abandoned), 1);
      return [
        narrowed(playlist, only),
        bulk.view(),
        shown.length === 0
          ? h(
              "p",
              { class: "empty", "data-key": "empty" },
              "No video failed. What cannot be stored appears here, by reason.",
            )
          : h(
              "ul",
              { class: "reasons", "data-key": "reasons" },
              shown.map((each) => one(each, most, playlist, bulk)),
            ),
      ];
    },
  };
}

function narrowed(playlist, only) {
  if (playlist === null && only === null)
    return h(
      "p",
      { class: "quiet", "data-key": "lead" },
      "Videos that are not stored, and playlists that are not listed, by reason. Most are tried again by themselves.",
    );
  return h(
    "p",
    { "data-key": "lead" },
    only === null ? "" : ["Only ", h("b", null, reasonName(only)), ". "],
    playlist === null ? "" : ["Only videos of ", h("a", { href: link(["playlists", playlist]) }, playlist), ". "],
    h("a", { href: link(["problems"]) }, "Show all problems"),
  );
}

function one(problem, most, playlist, bulk) {
  const { reason, open, abandoned, playlists, oldest, next_due: due, failure_class: kind } = problem;
  const wide = (number) => ({ width: `${(100 * number) / most}%` });
  const act = (action, words, number) =>
    number === 0
      ? null
      : h(
          "button",
          {
            type: "button",
            class: "small",
            "data-key": action,
            disabled: bulk.running,
            "aria-label": `${words} all: ${reasonName(reason)}`,
            onclick: () => bulk.begin(action, problem, playlist),
          },
          words,
        );
  const buttons = [act("retry", "Retry", open + abandoned + playlists), act("abandon", "Abandon", open)];
  const number = (state, words, videos) =>
    videos === 0 ? null : h("span", { class: "state" }, stateIcon(state), `${count(videos)} ${words} `);
  return h(
    "li",
    { class: "panel", "data-key": `${reason}/${kind}` },
    h(
      "div",
      { class: "reason-head" },
      h("h2", null, h("a", { href: link(["videos"], { reason, playlist }) }, reasonName(reason))),
      h("span", null, h("b", null, count(open + abandoned)), open + abandoned === 1 ? " video" : " videos"),
      session.may("admin") ? h("p", { class: "buttons" }, buttons) : null,
    ),
    h(
      "div",
      { class: "reason-bar", "aria-hidden": "true" },
      open > 0 ? h("span", { class: "fill-waiting", "data-key": "open", style: wide(open) }) : null,
      abandoned > 0 ? h("span", { class: "fill-abandoned", "data-key": "abandoned", style: wide(abandoned) }) : null,
    ),
    h(
      "p",
      null,
      number("waiting", "to be tried again", open),
      " ",
      number("abandoned", "given up", abandoned),
      playlists === 0 ? "" : ` · ${count(playlists)} ${playlists === 1 ? "playlist" : "playlists"} not listed`,
      h("span", { class: "quiet" }, " · first failed ", when(oldest), due === null ? "" : [" · next try ", when(due)]),
    ),
    h("p", { class: "quiet" }, following(kind)),
  );
}
