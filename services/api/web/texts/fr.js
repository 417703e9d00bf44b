// All French texts.

import { french } from "./typography.js";
import elements from "./fr/elements.js";
import frame from "./fr/frame.js";
import measurements from "./fr/measurements.js";
import notifications from "./fr/notifications.js";
import operations from "./fr/operations.js";
import overview from "./fr/overview.js";
import playlists from "./fr/playlists.js";
import sources from "./fr/sources.js";
import states from "./fr/states.js";
import videos from "./fr/videos.js";
import { reasons as names } from "./reasons.fr.js";

/** @import { Translation } from "text-types" */

export const reasons = french(names);
/** @type {Translation} */
export const texts = french({
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
