// One decision about many videos: confirmed once, done in portions, with its progress in sight.

import { post } from "../data/api.js";
import { ask } from "../elements/dialog.js";
import { say } from "../elements/notice.js";
import { h } from "../shell/dom.js";
import { reasonName, t } from "../texts/texts.js";

/** @import { ReasonCount } from "api-types" */
/** @import { Screen } from "../shell/screen.js" */
/** @typedef {"retry" | "abandon"} Action */

/**
 * How many videos and playlists, in words.
 * @param {number} videos
 * @param {number} playlists
 */
function named(videos, playlists) {
  if (playlists === 0) return t("count.videos", { count: videos });
  if (videos === 0) return t("count.playlists", { count: playlists });
  return t("count.both", {
    videos: t("count.videos", { count: videos }),
    playlists: t("count.playlists", { count: playlists }),
  });
}

export class BulkDecision {
  running = false;
  #screen;
  /** @type {Action} */
  #action = "retry";
  #done = 0;
  #lists = 0;
  #number = 0;

  /** @param {Screen} screen */
  constructor(screen) {
    this.#screen = screen;
  }

  /**
   * @param {Action} action
   * @param {ReasonCount} problem
   * @param {string | null} playlist its videos alone, or null: all
   */
  async begin(action, { reason, open, abandoned, playlists }, playlist) {
    const lists = action === "retry" ? playlists : 0;
    this.#number = (action === "retry" ? open + abandoned : open) + lists;
    const what = named(this.#number - lists, lists);
    const name = reasonName(reason);
    const sure = await ask({
      title: t(`decision.${action}-title`, { what }),
      text: [
        playlist === null
          ? t("decision.reason", { reason: name })
          : t("decision.reason-playlist", { reason: name, playlist }),
        t(`decision.${action}-means`),
      ],
      action: t(`decision.${action}-confirm`, { what }),
      danger: action === "abandon",
    });
    if (!sure) return;
    [this.running, this.#action, this.#done, this.#lists] = [true, action, 0, 0];
    await this.#run({ action, reason, ...(playlist === null ? {} : { playlist }) });
    this.running = false;
    this.#screen.refresh();
  }

  /** @param {{action: Action, reason: string, playlist?: string}} decision */
  async #run(decision) {
    const { action } = decision;
    const what = () => named(this.#done - this.#lists, this.#lists);
    let more = true;
    try {
      // Not beyond the number that was agreed to: items that fail again meanwhile would be found again and again.
      while (more && this.running && this.#done < this.#number) {
        this.#screen.redraw();
        const answer = await post("/v1/decisions", { body: decision });
        this.#done += answer.videos + answer.playlists;
        this.#lists += answer.playlists;
        more = answer.more;
      }
      say(t(`decision.${action}-done`, { what: what() }));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      say(t(`decision.${action}-broken-off`, { what: what(), error: error.message }), { wrong: true });
    }
  }

  stop() {
    this.running = false;
  }

  view() {
    if (!this.running) return null;
    return h(
      "div",
      { class: "panel bulk", "data-key": "bulk" },
      h(
        "label",
        null,
        t(`decision.${this.#action}-doing`, { done: this.#done, all: this.#number }),
        " ",
        h("progress", { value: this.#done, max: this.#number }),
      ),
      h("button", { type: "button", class: "small", onclick: () => this.stop() }, t("element.stop")),
    );
  }
}
