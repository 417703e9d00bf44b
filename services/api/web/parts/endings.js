// How a person ends a playlist: given up, it stays to be seen; deleted, it goes away. Each asks first.

import { post, remove } from "../api.js";
import { go, link } from "../router.js";
import { ask } from "./dialog.js";
import { say } from "./notice.js";

const OTHERS = "What is stored stays, and so do videos of other playlists.";

/** `name` tells what the playlist is called. */
export function endings(id, name, screen) {
  const abandon = async () => {
    const sure = await ask({
      title: "Give this playlist up?",
      text: [
        `“${name()}” is not listed any more, and what is not stored of it is given up.`,
        `${OTHERS} Submitting it again takes that back.`,
      ],
      action: "Give it up",
      danger: true,
    });
    if (!sure) return;
    if (await done(() => post(["playlists", id, "abandon"]))) say("Given up. Submitting it again takes that back.");
    screen.refresh();
  };

  const erase = async () => {
    const sure = await ask({
      title: "Delete this playlist?",
      text: [
        `“${name()}” goes away, and what is not stored of it is given up.`,
        `${OTHERS} Submitting it again brings it back.`,
      ],
      action: "Delete the playlist",
      danger: true,
    });
    if (!sure) return;
    if (await done(() => remove(["playlists", id]))) {
      // Said there: what is said here goes away with this page.
      addEventListener("hashchange", () => say("Deleted. What is stored of it stays."), { once: true });
      go(link(["playlists"]));
    } else {
      screen.refresh();
    }
  };

  return { abandon, erase };
}

/** Whether it was done, portion by portion. */
async function done(portion) {
  try {
    while ((await portion()).more);
    return true;
  } catch (error) {
    say(error.message, { wrong: true });
    return false;
  }
}
