// All English texts.

import elements from "./en/elements.js";
import frame from "./en/frame.js";
import measurements from "./en/measurements.js";
import notifications from "./en/notifications.js";
import operations from "./en/operations.js";
import overview from "./en/overview.js";
import playlists from "./en/playlists.js";
import sources from "./en/sources.js";
import states from "./en/states.js";
import videos from "./en/videos.js";

export { reasons } from "./reasons.en.js";
export const texts = /** @type {const} */ ({
  ...elements,
  ...frame,
  ...measurements,
  ...notifications,
  ...operations,
  ...overview,
  ...playlists,
  ...sources,
  ...states,
  ...videos,
});
