// The stored objects of a video, with what proves that they are whole.

import { h } from "../dom.js";
import { bytes, length } from "../format.js";
import { reasonName } from "../words.js";
import { copyable } from "./copy.js";
import { download } from "./download.js";
import { fact, when } from "./text.js";

const KINDS = { info: "Description", thumbnail: "Picture", subtitles: "Subtitles", chapters: "Chapters" };

export function objects({ id, audio, further, beside, mirror }) {
  const sounds = audio === null ? [] : [audio, ...further];
  return [...sounds.map((each) => sound(id, each)), ...beside.map((each) => other(id, each)), copy(mirror)];
}

function sound(id, audio) {
  return one(id, audio, audio.profile, `${audio.bucket}/${audio.key}`, [
    fact("Length", length(audio.duration_seconds)),
    fact("Sound", [audio.codec, audio.bitrate_kbps ? ` ${audio.bitrate_kbps} kbit/s` : ""]),
    fact(
      "Of the source",
      audio.source_codec === null
        ? null
        : [audio.source_codec, audio.source_bitrate_kbps ? ` ${Math.round(audio.source_bitrate_kbps)} kbit/s` : ""],
    ),
    fact("Fetched by", audio.engine),
    fact("Stored", when(audio.stored_at)),
  ]);
}

function other(id, object) {
  const language = object.language ? ` (${object.language}${object.automatic ? ", by a machine" : ""})` : "";
  return one(id, object, (KINDS[object.kind] ?? reasonName(object.kind)) + language, object.key, []);
}

function one(id, object, name, key, facts) {
  return h(
    "article",
    { class: "object", "data-key": object.key },
    h("h3", null, name, " ", h("span", { class: "quiet" }, bytes(object.size_bytes))),
    h(
      "dl",
      { class: "facts" },
      facts,
      fact("Key", h("code", { class: "address" }, key)),
      fact("SHA-256", copyable(object.sha256, `SHA-256 of ${name}`)),
      fact("File", download(id, object.key, "Download", `Download ${name}`)),
    ),
  );
}

function copy(mirror) {
  if (mirror === null) return h("p", { class: "quiet", "data-key": "mirror" }, "Not mirrored yet.");
  return h(
    "article",
    { class: "object", "data-key": "mirror" },
    h("h3", null, "Mirror ", h("span", { class: "quiet" }, when(mirror.mirrored_at))),
    h(
      "dl",
      { class: "facts" },
      fact("Blob", h("code", { class: "address" }, `${mirror.container}/${mirror.blob}`)),
      fact("SHA-256", copyable(mirror.sha256, "SHA-256 of the copy")),
    ),
  );
}
