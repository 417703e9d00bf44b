// Metadata of a video from its source, and its place in the archive.

import { fact } from "../../elements/labels.js";
import { sourceLink } from "../../elements/source_link.js";
import { h } from "../../shell/dom.js";
import { link } from "../../shell/router.js";
import { date, length } from "../../texts/format.js";
import { t } from "../../texts/texts.js";

/** @import { Video } from "api-types" */

/**
 * @param {Video} video
 * @param {Map<string, string | null>} titles id of a playlist → its title, where that is known
 */
export function metadata(video, titles) {
  const { channel, duration_seconds: seconds, upload_date: uploaded } = video;
  return h(
    "dl",
    { class: "facts" },
    fact(t("metadata.channel"), channel && h("a", { href: link(["videos"], { channel }) }, channel)),
    fact(t("metadata.length"), seconds === null ? null : length(seconds)),
    fact(t("metadata.published"), uploaded && date(uploaded)),
    fact(t("metadata.language"), video.language),
    fact(t("metadata.licence"), video.licence ?? h("span", { class: "quiet" }, t("metadata.licence-none"))),
    fact(
      t("metadata.playlists"),
      video.playlists.map((playlist) =>
        h("a", { href: link(["playlists", playlist]), class: "address" }, titles.get(playlist) ?? playlist),
      ),
    ),
    fact(t("metadata.id"), h("code", null, video.id)),
    fact(t("metadata.accession"), video.accession),
    fact(t("metadata.address"), sourceLink(video.url)),
  );
}
