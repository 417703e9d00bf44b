// Plays a stored recording of a video, in one of its profiles.

import { address } from "../../data/api.js";
import { h } from "../../shell/dom.js";
import { bytes } from "../../texts/format.js";
import { t } from "../../texts/texts.js";
import { download } from "../download.js";

/** @import { Recording, Video } from "api-types" */

/**
 * @param {Video} video
 * @param {Recording} recording the one that is played
 * @param {(profile: string) => void} choose
 */
export function player(video, recording, choose) {
  const { profile } = recording;
  const recordings = video.audio === null ? [] : [video.audio, ...video.further];
  return h(
    "section",
    { class: "panel wide player", "aria-label": t("player.label"), "data-key": "player" },
    h("audio", {
      controls: true,
      preload: "metadata",
      src: address("/v1/videos/{video_id}/audio", { path: { video_id: video.id }, query: { profile } }),
      "aria-label": video.title ?? video.id,
      "data-key": profile,
    }),
    h(
      "label",
      null,
      h("span", null, t("player.profile")),
      h(
        "select",
        { onchange: ({ currentTarget }) => choose(currentTarget.value) },
        recordings.map((each) => h("option", { value: each.profile, selected: each === recording }, each.profile)),
      ),
    ),
    download(video.id, recording.key, [
      t("element.download"),
      " ",
      h("span", { class: "quiet" }, bytes(recording.size_bytes)),
    ]),
  );
}
