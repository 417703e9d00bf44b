// Names of states, failure classes, queues and events, and what follows from them.

export default /** @type {const} */ ({
  "state.abandoned": "Abandoned",
  "state.queued": "Queued",
  "state.running": "Running",
  "state.stored": "Stored",
  "state.waiting": "Waiting",

  "meaning.abandoned": "It was abandoned. Nothing retries it automatically.",
  "meaning.queued": "It waits for a scraper.",
  "meaning.running": "A scraper works on it.",
  "meaning.stored": "Its verified recording is in the object store.",
  "meaning.waiting": "A retry is planned.",

  "playlist-state.accepted": "Accepted",
  "playlist-state.expanded": "Listed",
  "playlist-state.expanding": "Being listed",
  "playlist-state.refused": "Refused",
  "playlist-state.waiting": "Waiting for its next listing",

  "following.egress":
    "The source refuses this egress. The scraper rests and retries automatically; a slower pace helps.",
  "following.identity": "The account's cookies are no longer accepted. Replace them, then resume the egress.",
  "following.permanent":
    "Unavailable at the source. Private and members-only videos are checked again some days later; " +
    "the others are abandoned.",
  "following.refused":
    "The source refuses the video while it serves others. It is retried a few times, then abandoned.",
  "following.storage": "The object store or a disk accepts no data. Work resumes automatically when there is room.",
  "following.tool": "Our tools cannot process the video. Upgrade yt-dlp or the tool that is named, then retry.",
  "following.transient": "The video is retried soon, after growing delays, and abandoned after several attempts.",
  "following.wait-until": "The video is fetched when its time has come. No action is needed.",

  "queue.notify.deliveries": "Deliveries to endpoints",
  "queue.notify.events": "Events to tell",
  "queue.probe.measurements": "Measurements to keep",
  "queue.retry.failures": "Failures to decide on",
  "queue.scraper.checks": "Looks to make",
  "queue.scraper.probes": "Downloads to measure",
  "queue.probe.answers": "Answers to crawls",
  "queue.scraper.playlists": "Playlists to list",
  "queue.scraper.urgent": "Urgent videos to fetch",
  "queue.scraper.videos": "Videos to fetch",
  "queue.sync.stored": "Recordings to mirror",
  "queue.watch.checked": "Looks to record",

  "event.audio.mirrored.v1": "Mirrored",
  "event.audio.stored.v1": "Stored",
  "event.playlist.failed.v1": "Listing failed",
  "event.video.abandoned.v1": "Abandoned",
  "event.video.failed.v1": "Failed",
});
