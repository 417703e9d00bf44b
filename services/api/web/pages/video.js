// One video: its sound, why there is none, and its whole story.

import { Away, every, get, post, Problem } from "../api.js";
import { h } from "../dom.js";
import { session } from "../session.js";
import { following, MEANINGS } from "../words.js";
import { ask } from "../parts/dialog.js";
import { metadata } from "../parts/metadata.js";
import { say } from "../parts/notice.js";
import { objects } from "../parts/objects.js";
import { panel } from "../parts/panel.js";
import { player } from "../parts/player.js";
import { failure, since, state, when } from "../parts/text.js";
import { timeline } from "../parts/timeline.js";

export function videoPage({ path: [, id] }, screen) {
  let video = null;
  let attempts = [];
  let profile = null;
  /** Id of a playlist → its title, as far as known. */
  const titles = new Map();

  const decide = async (action, done) => {
    try {
      await post(["decisions"], { action, video: id });
      say(done);
    } catch (error) {
      say(error.message, { wrong: true });
    }
    screen.refresh();
  };
  const name = async (playlist) => {
    titles.set(playlist, null);
    try {
      titles.set(playlist, (await get(["playlists", playlist])).title);
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Away)) throw error; // Its id has to do.
    }
  };
  const erase = async () => {
    const sure = await ask({
      title: "Delete this video?",
      text: [
        `“${video.title ?? id}” goes from the object store and from the mirror.`,
        "It is never fetched again, even when a playlist names it. This cannot be taken back.",
      ],
      action: "Delete for good",
      danger: true,
    });
    if (sure) await decide("delete", "Deleted. Its objects are being removed from both stores.");
  };
  const choose = ({ target }) => {
    profile = target.value;
    screen.redraw();
  };

  return {
    title: () => video?.title ?? id,
    async load() {
      const [read, tries] = await Promise.all([get(["videos", id]), every(["videos", id, "attempts"])]);
      [video, attempts] = [read, tries];
      await Promise.all(video.playlists.filter((playlist) => !titles.has(playlist)).map(name));
    },
    view: () => [
      header(video),
      session.may("admin") ? buttons(video, decide, erase) : null,
      video.audio === null ? null : player(video, profile ?? video.audio.profile, choose),
      panel("What the source says", metadata(video, titles)),
      video.audio === null && video.beside.length === 0 ? null : panel("Objects", objects(video)),
      panel("Story", timeline(video, attempts)),
    ],
  };
}

function header(video) {
  const why = video.state === "stored" ? null : video.failure;
  return h(
    "div",
    { class: "wide video-header", "data-key": "header" },
    h(
      "p",
      { class: "sentence" },
      state(video.state),
      " ",
      h("span", { class: "quiet" }, "since ", since(video.state_since), ". "),
      video.deleted_at === null ? MEANINGS[video.state] : deletion(video),
    ),
    video.kept.length === 0
      ? null
      : h(
          "div",
          { class: "reason" },
          video.kept.map((kept) =>
            h("p", null, kept.detail, kept.until === null ? "" : [" It ends ", when(kept.until), "."]),
          ),
        ),
    why === null || video.deleted_at !== null
      ? null
      : h(
          "div",
          { class: "reason" },
          h("p", null, failure(why)),
          h(
            "p",
            { class: "quiet" },
            video.due_at === null ? "" : ["Tried again ", when(video.due_at), ". "],
            following(why.failure_class),
          ),
        ),
  );
}

function deletion(video) {
  const never = "A person deleted it; it is never fetched again. ";
  if (video.purged_at !== null) return `${never}Neither store holds any version of it.`;
  return never + (video.kept.length === 0 ? "It is being removed from the stores." : "A store still holds some of it:");
}

function buttons(video, decide, erase) {
  if (video.deleted_at !== null) return null;
  const button = (words, onclick, danger) =>
    h("button", { type: "button", class: danger ? "danger" : null, "data-key": words, onclick }, words);
  return h(
    "p",
    { class: "buttons wide", "data-key": "buttons" },
    ["waiting", "abandoned"].includes(video.state)
      ? button("Retry", () => decide("retry", "Queued again, with all its attempts before it."))
      : null,
    ["waiting", "queued"].includes(video.state)
      ? button("Abandon", () => decide("abandon", "Given up. Retry takes that back."))
      : null,
    button("Delete…", erase, true),
  );
}
