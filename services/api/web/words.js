// What states, reasons and queues are called for people, and what follows from them.

export const STATES = {
  stored: "Stored",
  running: "Running",
  queued: "Queued",
  waiting: "Waiting",
  abandoned: "Abandoned",
};

/** State → what it means, in one sentence. */
export const MEANINGS = {
  stored: "Its verified sound lies in the object store.",
  running: "A scraper works on it.",
  queued: "It waits for a scraper.",
  waiting: "It is tried again at a later time.",
  abandoned: "It was given up, and is not tried again by itself.",
};

export const PLAYLIST_STATES = {
  accepted: "Accepted",
  expanding: "Being listed",
  expanded: "Listed",
  waiting: "Waiting to be listed again",
  refused: "Refused",
};

/** Class of a failure → what follows. */
const FOLLOWING = {
  permanent:
    "Not to be had. Private and members-only videos are looked at again some days later; the others are given up.",
  transient: "Tried again soon, after growing waits; given up after some attempts.",
  "wait-until": "Fetched when its time has come; nothing to do.",
  egress: "The source refuses our address. The scraper rests and tries again by itself; a slower pace helps.",
  identity: "The account's cookies are no longer accepted. Replace them, then let the egress try again.",
  tool: "Our tools do not manage it. Upgrade yt-dlp or what is named, then retry.",
  refused: "The source refuses this one while it serves others. Tried a few more times, then given up.",
  storage: "The object store or a disk takes nothing. It goes on by itself when there is room.",
};

/** Reasons whose name is not just their slug with spaces. */
const REASONS = {
  drm: "DRM",
  tls: "TLS",
  defect: "Defect of our own",
  "js-runtime": "JavaScript runtime",
  "members-only": "Members only",
  "not-yet": "Not yet there",
  "forbidden-in-a-row": "Forbidden, several in a row",
  "refused-alone": "Refused alone",
  budget: "Requests of this hour spent",
  share: "Share of one key spent",
};

const QUEUES = {
  "scraper.playlists": "Playlists to list",
  "scraper.urgent": "Urgent videos to fetch",
  "scraper.videos": "Videos to fetch",
  "retry.failures": "Failures to decide on",
  "sync.stored": "Recordings to mirror",
};

const HAPPENINGS = {
  "audio.stored.v1": "Stored",
  "audio.mirrored.v1": "Mirrored",
  "video.failed.v1": "Failed",
  "video.abandoned.v1": "Abandoned",
  "playlist.failed.v1": "Listing failed",
};

export const following = (failureClass) => FOLLOWING[failureClass] ?? "";
export const reasonName = (slug) => REASONS[slug] ?? capital(slug.replaceAll("-", " "));
export const queueName = (queue) => QUEUES[queue] ?? queue;
export const happeningName = (type) => HAPPENINGS[type] ?? type;

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
