// Listening to what is stored of a video, in one of its profiles.

import { address } from "../api.js";
import { h } from "../dom.js";
import { bytes } from "../format.js";
import { download } from "./download.js";

export function player(video, profile, choose) {
  const sounds = [video.audio, ...video.further];
  const chosen = sounds.find((sound) => sound.profile === profile) ?? video.audio;
  const source = address(["videos", video.id, "audio"], { profile });
  return h(
    "section",
    { class: "panel wide player", "aria-label": "Listen", "data-key": "player" },
    h("audio", {
      controls: true,
      preload: "metadata",
      src: source,
      "aria-label": video.title ?? video.id,
      "data-key": profile,
    }),
    h(
      "label",
      null,
      h("span", null, "Profile"),
      h(
        "select",
        { onchange: choose },
        sounds.map((sound) =>
          h("option", { value: sound.profile, selected: sound.profile === profile }, sound.profile),
        ),
      ),
    ),
    download(video.id, chosen.key, ["Download ", h("span", { class: "quiet" }, bytes(chosen.size_bytes))]),
  );
}
