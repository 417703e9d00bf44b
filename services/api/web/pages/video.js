// One video: its recording or why there is none, and its whole history.

import { Away, every, get, post, Problem } from "../data/api.js";
import { session } from "../data/session.js";
import { ask } from "../elements/dialog.js";
import { say, sayError } from "../elements/notice.js";
import { panel } from "../elements/panel.js";
import { metadata } from "../parts/video/metadata.js";
import { objects } from "../parts/video/objects.js";
import { player } from "../parts/video/player.js";
import { timeline } from "../parts/video/timeline.js";
import { videoButtons, videoHeader } from "../parts/video/header.js";
import { t } from "../texts/texts.js";

/** @import { Attempt, Recording, Video } from "api-types" */
/** @import { Place } from "../shell/router.js" */
/** @import { Page, Screen } from "../shell/screen.js" */

/**
 * @param {Place} here
 * @param {Screen} screen
 * @returns {Page}
 */
export function videoPage({ path: [, id = ""] }, screen) {
  /** @type {Video | null} */
  let video = null;
  /** @type {Attempt[]} */
  let attempts = [];
  /** @type {string | null} */
  let profile = null;
  /**
   * Id of a playlist → its title, as far as known.
   * @type {Map<string, string | null>}
   */
  const titles = new Map();
  const path = { video_id: id };

  /**
   * @param {"retry" | "abandon" | "delete"} action
   * @param {string} done
   */
  const decide = async (action, done) => {
    try {
      await post("/v1/decisions", { body: { action, video: id } });
      say(done);
    } catch (error) {
      sayError(error);
    }
    screen.refresh();
  };
  const erase = async () => {
    const sure = await ask({
      title: t("video.delete-title"),
      text: [t("video.delete-text", { name: video?.title ?? id }), t("video.delete-final")],
      action: t("video.delete-confirm"),
      danger: true,
    });
    if (sure) await decide("delete", t("video.deleted"));
  };
  /** @param {string} playlist */
  const readTitle = async (playlist) => {
    titles.set(playlist, null);
    try {
      titles.set(playlist, (await get("/v1/playlists/{playlist_id}", { path: { playlist_id: playlist } })).title);
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Away)) throw error; // Its id is shown instead.
    }
  };
  /** @param {string} chosen */
  const choose = (chosen) => {
    profile = chosen;
    screen.redraw();
  };

  return {
    title: () => video?.title ?? id,
    async load() {
      const [read, tries] = await Promise.all([
        get("/v1/videos/{video_id}", { path }),
        every("/v1/videos/{video_id}/attempts", { path }),
      ]);
      [video, attempts] = [read, tries];
      await Promise.all(read.playlists.filter((playlist) => !titles.has(playlist)).map(readTitle));
    },
    view() {
      if (video === null) return [];
      const recording = chosenRecording(video, profile);
      return [
        videoHeader(video),
        session.may("admin") ? videoButtons(video, decide, erase) : null,
        recording === null ? null : player(video, recording, choose),
        panel("metadata", t("video.panel-metadata"), metadata(video, titles)),
        recording === null && video.beside.length === 0
          ? null
          : panel("objects", t("video.panel-objects"), objects(video)),
        panel("history", t("video.panel-history"), timeline(video, attempts)),
      ];
    },
  };
}

/**
 * @param {Video} video
 * @param {string | null} profile
 * @returns {Recording | null}
 */
function chosenRecording({ audio, further }, profile) {
  return further.find((each) => each.profile === profile) ?? audio;
}
