// How a person ends a playlist: abandoned, it stays visible; deleted, it leaves the list. Each asks first.

import { post, remove } from "../data/api.js";
import { ask } from "../elements/dialog.js";
import { say, sayError } from "../elements/notice.js";
import { go, link } from "../shell/router.js";
import { t } from "../texts/texts.js";

/** @import { Screen } from "../shell/screen.js" */

/**
 * @param {string} id
 * @param {() => string} name how the playlist is called
 * @param {Screen} screen
 */
export function endings(id, name, screen) {
  const path = { playlist_id: id };
  /** @param {"abandon" | "delete"} ending */
  const agreed = (ending) =>
    ask({
      title: t(`ending.${ending}-title`),
      text: [t(`ending.${ending}-text`, { name: name() }), t(`ending.${ending}-others`)],
      action: t(`ending.${ending}-confirm`),
      danger: true,
    });

  const abandon = async () => {
    if (!(await agreed("abandon"))) return;
    if (await done(() => post("/v1/playlists/{playlist_id}/abandon", { path }))) say(t("ending.abandoned"));
    screen.refresh();
  };

  const erase = async () => {
    if (!(await agreed("delete"))) return;
    if (await done(() => remove("/v1/playlists/{playlist_id}", { path }))) {
      // Said on the next page: a notice of this page goes away with it.
      addEventListener("hashchange", () => say(t("ending.deleted")), { once: true });
      go(link(["playlists"]));
    } else {
      screen.refresh();
    }
  };

  return { abandon, erase };
}

/**
 * Whether it was done, portion by portion.
 * @param {() => Promise<{more: boolean}>} portion
 */
async function done(portion) {
  try {
    while ((await portion()).more);
    return true;
  } catch (error) {
    sayError(error);
    return false;
  }
}
