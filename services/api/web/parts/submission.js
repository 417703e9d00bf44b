// The form that submits a playlist.

import { post } from "../data/api.js";
import { session } from "../data/session.js";
import { say } from "../elements/notice.js";
import { h } from "../shell/dom.js";
import { go, link } from "../shell/router.js";
import { fromNow } from "../texts/format.js";
import { t } from "../texts/texts.js";
import { submissionFields } from "./submission_fields.js";

/** @import { Submission } from "api-types" */
/** @import { Screen } from "../shell/screen.js" */

/** @param {Screen} screen */
export function submissionForm(screen) {
  let wrong = "";
  let busy = false;
  /**
   * The key under which a submission was sent, so that a repeated try is not a second submission.
   * @type {{body: string | null, key: string}}
   */
  let sent = { body: null, key: "" };

  /** @param {SubmitEvent & {currentTarget: HTMLFormElement}} event */
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const body = submissionIn(new FormData(form));
    if (sent.body !== JSON.stringify(body)) sent = { body: JSON.stringify(body), key: randomKey() };
    [busy, wrong] = [true, ""];
    screen.redraw();
    try {
      const { id, retry_at: again } = await post("/v1/playlists", { body, header: { "idempotency-key": sent.key } });
      sent = { body: null, key: "" };
      form.reset();
      say(outcome(id, again));
      screen.refresh();
      if (location.hash.includes("?")) go(link(["playlists"])); // A filter might hide it.
    } catch (error) {
      if (!(error instanceof Error)) throw error;
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
        submissionFields({ wrong, busy, admin: session.may("admin") }),
      ),
  };
}

/**
 * @param {string} id
 * @param {string | null} again when it is listed again, if it was listed recently
 */
function outcome(id, again) {
  if (again !== null) return t("submission.listed-recently", { when: fromNow(again) });
  // The API accepts every public address; the scrapers' settings decide whether a site may be asked.
  return id.startsWith("url:") ? t("submission.other-site") : t("submission.submitted");
}

/**
 * @param {FormData} form
 * @returns {Submission}
 */
export function submissionIn(form) {
  /** @param {string} name */
  const field = (name) => String(form.get(name) ?? "").trim();
  /** @type {Submission} */
  const body = { url: field("url") };
  const profiles = field("profiles")
    .split(/[\s,]+/)
    .filter((name) => name !== "");
  if (profiles.length > 0) body.profiles = profiles;
  if (field("limit") !== "") body.limit = Number(field("limit"));
  if (field("priority") === "high") body.priority = "high";
  return body;
}

/** 128 random bits. Not randomUUID: browsers have that only where there is TLS. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
