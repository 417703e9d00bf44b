// The stored objects of a video, with the checksums that prove their integrity.

import { copyable } from "../../elements/copy.js";
import { fact, when } from "../../elements/labels.js";
import { h } from "../../shell/dom.js";
import { bytes, length } from "../../texts/format.js";
import { t } from "../../texts/texts.js";
import { download } from "../download.js";

/** @import { Mirror, Recording, Sidecar, Video } from "api-types" */
/** @import { Child } from "dom-types" */

/** @param {Video} video */
export function objects({ id, audio, further, beside, mirror, copies }) {
  const recordings = audio === null ? [] : [audio, ...further];
  return [
    ...recordings.map((each) => recordingObject(id, each)),
    ...beside.map((each) => sidecar(id, each)),
    mirrorCopy(mirror, copies),
  ];
}

/**
 * @param {string} id
 * @param {Recording} recording
 */
function recordingObject(id, recording) {
  const { source_codec: codec, source_bitrate_kbps: rate } = recording;
  return storedObject(id, recording, recording.profile, `${recording.bucket}/${recording.key}`, [
    fact(t("object.length"), length(recording.duration_seconds)),
    fact(t("object.format"), format(recording.codec, recording.bitrate_kbps)),
    fact(t("object.source-format"), codec === null ? null : format(codec, rate)),
    fact(t("object.engine"), recording.engine),
    fact(t("object.stored"), when(recording.stored_at)),
  ]);
}

/**
 * @param {string} codec
 * @param {number | null} rate kbit/s
 */
function format(codec, rate) {
  return rate ? t("object.codec", { codec, rate: Math.round(rate) }) : codec;
}

/**
 * @param {string} id
 * @param {Sidecar} object
 */
function sidecar(id, object) {
  const name = t(`object.${object.kind}`);
  const { language } = object;
  const named = !language
    ? name
    : t(object.automatic ? "object.in-language-automatic" : "object.in-language", { name, language });
  return storedObject(id, object, named, object.key, []);
}

/**
 * @param {string} id
 * @param {Recording | Sidecar} object
 * @param {string} name
 * @param {string} key
 * @param {Child} facts
 */
function storedObject(id, object, name, key, facts) {
  return h(
    "article",
    { class: "object", "data-key": object.key },
    h("h3", null, name, " ", h("span", { class: "quiet" }, bytes(object.size_bytes))),
    h(
      "dl",
      { class: "facts" },
      facts,
      fact(t("object.key"), h("code", { class: "address" }, key)),
      fact("SHA-256", copyable(object.sha256, t("object.sha256-of", { name }))),
      fact(t("object.file"), download(id, object.key, t("element.download"), t("object.download-label", { name }))),
    ),
  );
}

/**
 * @param {Mirror | null} mirror
 * @param {Record<string, string>} copies Target of the mirror → its container.
 */
function mirrorCopy(mirror, copies) {
  if (mirror === null) {
    const targets = Object.keys(copies).join(", ");
    const text = targets === "" ? t("object.mirror-none") : t("object.mirror-part", { targets });
    return h("p", { class: "quiet", "data-key": "mirror" }, text);
  }
  return h(
    "article",
    { class: "object", "data-key": "mirror" },
    h("h3", null, t("object.mirror"), " ", h("span", { class: "quiet" }, when(mirror.mirrored_at))),
    h(
      "dl",
      { class: "facts" },
      Object.entries(copies).map(([target, container]) =>
        fact(t("object.copy-in", { target }), h("code", { class: "address" }, `${container}/${mirror.blob}`)),
      ),
      fact("SHA-256", copyable(mirror.sha256, t("object.sha256-of", { name: t("object.mirror-name") }))),
    ),
  );
}
