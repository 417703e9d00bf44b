// One playlist: its progress, its videos, the reasons why some are not stored, and recent events.

import { get, post } from "../data/api.js";
import { observe } from "../data/pace.js";
import { session } from "../data/session.js";
import { say, sayError } from "../elements/notice.js";
import { panel } from "../elements/panel.js";
import { forPlayers } from "../parts/download.js";
import { endings } from "../parts/endings.js";
import { playlistHeader, playlistProgress, someVideos } from "../parts/playlist.js";
import { reasonLines } from "../parts/reasons.js";
import { recentEvents, RecentEvents } from "../parts/recent_events.js";
import { fromNow } from "../texts/format.js";
import { t } from "../texts/texts.js";

/** @import { Playlist, Progress, ReasonCount, Submission, Video } from "api-types" */
/** @import { Place } from "../shell/router.js" */
/** @import { Page, Screen } from "../shell/screen.js" */

/** Videos that are shown here; the others are one link away. */
const SHOWN = 10;

/**
 * @param {Place} here
 * @param {Screen} screen
 * @returns {Page}
 */
export function playlistPage({ path: [, id = ""] }, screen) {
  /** @type {Playlist | null} */
  let playlist = null;
  /** @type {ReasonCount[]} */
  let reasons = [];
  /** @type {{items: Video[], next: string | null}} */
  let videos = { items: [], next: null };
  const recent = new RecentEvents();
  const path = { playlist_id: id };

  /**
   * @param {Playlist} read
   * @param {Progress} progress
   */
  const know = (read, progress) => {
    playlist = { ...read, progress };
    observe(id, progress.counts.stored);
  };

  const listAgain = async () => {
    if (playlist === null) return;
    try {
      const { retry_at: again } = await post("/v1/playlists", { body: resubmission(playlist) });
      say(again === null ? t("playlist.listing") : t("playlist.listed-recently", { when: fromNow(again) }));
    } catch (error) {
      sayError(error);
    }
    screen.refresh();
  };
  const decisions = { listAgain, ...endings(id, () => playlist?.title ?? id, screen) };

  return {
    playlist: id,
    title: () => playlist?.title ?? playlist?.url ?? t("playlist.untitled"),
    async load() {
      const [read, counted, some] = await Promise.all([
        get("/v1/playlists/{playlist_id}", { path }),
        get("/v1/reasons", { query: { playlist: id } }),
        get("/v1/videos", { query: { playlist: id, limit: SHOWN } }),
      ]);
      [reasons, videos] = [counted.items, some];
      know(read, read.progress);
    },
    progress(data) {
      // The stream of the page before may still send events about everything.
      if (playlist === null || data.playlist?.id !== id) return;
      know({ ...playlist, ...data.playlist }, data.progress);
      screen.redraw();
    },
    happened(event) {
      if (!event.playlists.includes(id)) return;
      recent.add(event);
      screen.redraw();
    },
    view() {
      if (playlist === null) return [];
      return [
        playlistHeader(playlist, decisions),
        panel("progress", t("playlist.panel-progress"), playlistProgress(playlist)),
        panel("reasons", t("playlist.panel-reasons"), reasonLines(reasons, id)),
        panel("videos", t("playlist.panel-videos"), someVideos(videos, id)),
        playlist.progress.counts.stored === 0 ? null : panel("players", t("playlist.panel-players"), forPlayers(id)),
        panel("events", t("overview.events"), recentEvents(recent)),
      ];
    },
  };
}

/**
 * The options of its last submission, since a submission without options would drop them.
 * @param {Playlist} playlist
 * @returns {Submission}
 */
function resubmission({ url, profiles, limit, priority, filters }) {
  /** @type {Submission} */
  const body = { url };
  if (profiles !== null) body.profiles = profiles;
  if (limit !== null) body.limit = limit;
  if (filters !== null) body.filters = filters;
  if (session.may("admin")) body.priority = priority; // Other keys may not set it.
  return body;
}
