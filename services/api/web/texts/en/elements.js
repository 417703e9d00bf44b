// What several pages say.

export default /** @type {const} */ ({
  "element.as-table": "As a table",
  "element.cancel": "Cancel",
  "element.close": "Close",
  "element.more": "More",
  "element.all": "All",
  "element.stop": "Stop",
  "element.download": "Download",
  "element.loading": "Loading…",
  "element.with-detail": "{name} – {detail}",
  "element.listed-again": " · next listing {when}",

  "copy.button": "Copy",
  "copy.copied": "Copied: {what}.",
  "copy.label": "Copy the {what}",
  "copy.selected": "Selected: {what}. Press Ctrl+C or ⌘C to copy it.",

  "count.videos": { one: "{count} video", other: "{count} videos" },
  "count.playlists": { one: "{count} playlist", other: "{count} playlists" },
  "count.both": "{videos} and {playlists}",

  "bar.hours": "{stored} of {found} stored, {mirrored} mirrored",
});
