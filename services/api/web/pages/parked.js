// Messages that no code could process: read them, send them back, or drop them.

import { get, post, remove } from "../api.js";
import { h } from "../dom.js";
import { bytes } from "../format.js";
import { session } from "../session.js";
import { ask } from "../parts/dialog.js";
import { LongList } from "../parts/more.js";
import { say } from "../parts/notice.js";
import { when } from "../parts/text.js";

/** The API gives so many at once. */
const MOST = 100;

export function parkedPage(_, screen) {
  const list = new LongList((page) => get(["parked"], page), MOST);

  const act = async (question, request, done) => {
    if (!(await ask(question))) return;
    try {
      await request();
      say(done);
    } catch (error) {
      say(error.message, { wrong: true });
    }
    screen.refresh();
  };
  const replay = ({ id, queue }) =>
    act(
      {
        title: "Replay this message?",
        text: [`It goes back to ${queue}. If nothing can process it now either, it is parked again.`],
        action: "Replay",
      },
      () => post(["parked", id, "replay"]),
      "Sent back to its queue.",
    );
  const drop = ({ id, queue }) =>
    act(
      {
        title: "Drop this message?",
        text: [`It came from ${queue}. This is its last copy; dropping cannot be taken back.`],
        action: "Drop for good",
        danger: true,
      },
      () => remove(["parked", id]),
      "Dropped.",
    );

  return {
    title: () => "Parked messages",
    load: () => list.load(),
    view: () => [
      h(
        "p",
        { class: "quiet", "data-key": "lead" },
        "Messages that no code could process. Nothing else waits for them. Replay them after an upgrade that can.",
      ),
      list.items.length === 0
        ? h("p", { class: "empty", "data-key": "empty" }, "No message is parked.")
        : h(
            "ul",
            { class: "parked", "data-key": "parked" },
            list.items.map((message) => one(message, replay, drop)),
          ),
      list.button(() => screen.refresh()),
    ],
  };
}

function one(message, replay, drop) {
  return h(
    "li",
    { class: "panel", "data-key": message.id },
    h(
      "h2",
      null,
      h("code", null, message.queue),
      " ",
      h("span", { class: "quiet" }, "parked ", when(message.parked_at), `, ${bytes(message.size_bytes)}`),
    ),
    h("p", null, message.reason),
    h(
      "details",
      null,
      h("summary", null, message.cut ? "The beginning of its body" : "Its body"),
      h("pre", { tabindex: "0" }, readable(message.body)),
      message.cut ? h("p", null, h("a", { href: `/v1/parked/${message.id}/body` }, "Download its body")) : null,
    ),
    session.may("admin")
      ? h(
          "p",
          { class: "buttons" },
          h("button", { type: "button", class: "small", onclick: () => replay(message) }, "Replay…"),
          h("button", { type: "button", class: "small danger", onclick: () => drop(message) }, "Drop…"),
        )
      : null,
  );
}

/** JSON is laid out; what is none is shown as it came. */
function readable(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
