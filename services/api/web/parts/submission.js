// The form that submits a playlist.

import { post } from "../api.js";
import { h } from "../dom.js";
import { fromNow } from "../format.js";
import { go, link } from "../router.js";
import { session } from "../session.js";
import { say } from "./notice.js";

export function submission(screen) {
  let wrong = "";
  let busy = false;
  /** Address and options → the key under which they were sent, so that a repeated try is not a second submission. */
  let sent = { body: null, key: null };

  const submit = async (event) => {
    event.preventDefault();
    const form = event.target;
    const body = asked(new FormData(form));
    if (sent.body !== JSON.stringify(body)) sent = { body: JSON.stringify(body), key: randomKey() };
    [busy, wrong] = [true, ""];
    screen.redraw();
    try {
      const { id, retry_at: again } = await post(["playlists"], body, { "Idempotency-Key": sent.key });
      sent = { body: null, key: null };
      form.reset();
      say(
        again === null
          ? `Submitted. It is listed now, and fills by itself.${elsewhere(id)}`
          : `Submitted. It was listed lately, and is listed again ${fromNow(again)}.`,
      );
      screen.refresh();
      if (location.hash.includes("?")) go(link(["playlists"])); // A filter might hide it.
    } catch (error) {
      wrong = error.message;
    } finally {
      busy = false;
      screen.redraw();
    }
  };

  return {
    view: () =>
      h(
        "form",
        { class: "submission panel", "data-key": "submission", onsubmit: submit },
        h("label", { for: "url" }, "Address of a playlist, a channel or a video"),
        h(
          "div",
          { class: "one-line" },
          h("input", {
            id: "url",
            name: "url",
            required: true,
            maxlength: "2048",
            autocomplete: "off",
            spellcheck: "false",
            autocapitalize: "off",
            placeholder: "https://www.youtube.com/playlist?list=…",
            "aria-describedby": "url-wrong",
            "aria-invalid": wrong !== "" ? "true" : null,
          }),
          h("button", { class: "primary", disabled: busy }, "Submit"),
        ),
        h("p", { class: "wrong", id: "url-wrong", role: "alert" }, wrong),
        options(),
      ),
  };
}

/** The API takes every public address; whether a site may be asked, the scrapers' settings say. */
function elsewhere(id) {
  if (!id.startsWith("url:")) return "";
  return " Sites other than YouTube are fetched only where SCRAPER_EXTRACTORS names them: its page tells.";
}

function options() {
  return h(
    "details",
    { class: "options" },
    h("summary", null, "Options"),
    h(
      "div",
      { class: "fields" },
      h(
        "label",
        null,
        h("span", null, "Profiles"),
        h("input", {
          name: "profiles",
          list: "profiles",
          placeholder: "the usual ones",
          spellcheck: "false",
          autocapitalize: "off",
        }),
        h("small", null, "Separated by commas: mp3-320, original, flac, wav-16k-mono, opus-96 …"),
      ),
      h(
        "datalist",
        { id: "profiles" },
        ["mp3-320", "original", "flac", "wav-16k-mono", "mp3-320, wav-16k-mono"].map((value) => h("option", { value })),
      ),
      h(
        "label",
        null,
        h("span", null, "Limit"),
        h("input", { name: "limit", type: "number", min: "1", inputmode: "numeric", placeholder: "all videos" }),
        h("small", null, "At most so many videos, as the source orders them."),
      ),
      session.may("admin") ? haste() : null,
    ),
  );
}

function haste() {
  return h(
    "label",
    null,
    h("span", null, "Priority"),
    h(
      "select",
      { name: "priority" },
      h("option", { value: "normal" }, "Normal"),
      h("option", { value: "high" }, "High: before the others"),
    ),
  );
}

function asked(form) {
  const body = { url: form.get("url").trim() };
  const profiles = form
    .get("profiles")
    .split(/[\s,]+/)
    .filter((name) => name !== "");
  if (profiles.length > 0) body.profiles = profiles;
  if (form.get("limit") !== "") body.limit = Number(form.get("limit"));
  if ((form.get("priority") ?? "normal") !== "normal") body.priority = form.get("priority");
  return body;
}

/** Not randomUUID: browsers have that only where there is TLS. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
