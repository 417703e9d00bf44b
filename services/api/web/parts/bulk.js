// One decision about many videos: asked once, done in portions, with its progress in sight.

import { post } from "../api.js";
import { h } from "../dom.js";
import { count } from "../format.js";
import { reasonName } from "../words.js";
import { ask } from "./dialog.js";
import { say } from "./notice.js";

const WORDS = {
  retry: {
    verb: "Retry",
    doing: "Queueing again",
    done: "queued again",
    means: "Each has all its attempts before it again.",
  },
  abandon: {
    verb: "Abandon",
    doing: "Giving up",
    done: "given up",
    means: "They are not tried again by themselves; Retry takes that back.",
  },
};

/** How many videos and playlists, in words. */
function named(videos, playlists) {
  const some = [
    videos > 0 || playlists === 0 ? (videos === 1 ? "1 video" : `${count(videos)} videos`) : "",
    playlists > 0 ? (playlists === 1 ? "1 playlist" : `${count(playlists)} playlists`) : "",
  ];
  return some.filter(Boolean).join(" and ");
}

export class BulkDecision {
  running = false;
  #screen;
  #action = null;
  #done = 0;
  #lists = 0;
  #number = 0;

  constructor(screen) {
    this.#screen = screen;
  }

  async begin(action, { reason, open, abandoned, playlists }, playlist) {
    const words = WORDS[action];
    const lists = action === "retry" ? playlists : 0;
    this.#number = (action === "retry" ? open + abandoned : open) + lists;
    const videos = named(this.#number - lists, lists);
    const where = playlist === null ? "" : ` of ${playlist}`;
    const sure = await ask({
      title: `${words.verb} ${videos}?`,
      text: [`Reason: ${reasonName(reason)}${where}.`, words.means],
      action: `${words.verb} ${videos}`,
      danger: action === "abandon",
    });
    if (!sure) return;
    [this.running, this.#action, this.#done, this.#lists] = [true, action, 0, 0];
    await this.#run({ action, reason, playlist: playlist ?? undefined });
    this.running = false;
    this.#screen.refresh();
  }

  async #run(decision) {
    let more = true;
    try {
      // Not beyond the number that was agreed to: what fails again meanwhile would be found again and again.
      while (more && this.running && this.#done < this.#number) {
        this.#screen.redraw();
        const answer = await post(["decisions"], decision);
        this.#done += answer.videos + answer.playlists;
        this.#lists += answer.playlists;
        more = answer.more;
      }
      say(`${named(this.#done - this.#lists, this.#lists)} ${WORDS[decision.action].done}.`);
    } catch (error) {
      say(`${count(this.#done)} were ${WORDS[decision.action].done}, then: ${error.message}`, { wrong: true });
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
        `${WORDS[this.#action].doing}: ${count(this.#done)} of ${count(this.#number)} `,
        h("progress", { value: this.#done, max: this.#number }),
      ),
      h("button", { type: "button", class: "small", onclick: () => this.stop() }, "Stop"),
    );
  }
}
