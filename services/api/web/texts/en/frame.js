// What stands around the pages, signing in, and answers of the API.

export default /** @type {const} */ ({
  "api.away": "The API does not answer; trying again…",
  "api.broken-off": "The connection broke off; trying again…",
  "api.failed": "The API failed with status {status}; its log says why. Try again.",

  "session.ended":
    "You were signed out: the session ended, or the key was revoked or has expired. " +
    "Sign in with a valid key; an administrator can create one.",
  "session.not-kept":
    "The key is right, but this browser did not keep the session. Open this page over HTTPS; " +
    "without HTTPS, set API_COOKIE_SECURE=false.",

  "sign-in.title": "Sign in",
  "sign-in.lead": "Playlists become a verified audio archive.",
  "sign-in.key": "Key",
  "sign-in.button": "Sign in",
  "sign-in.invalid": "This key is not valid. It may be mistyped, revoked or expired.",
  "sign-in.help": "Use the key of the API: {setting} of its settings, or one created with {command}.",

  "frame.skip": "Skip to the content",
  "frame.pages": "Pages",
  "frame.keys": "Keys",
  "frame.measurements": "Measurements",
  "frame.notifications": "Notifications",
  "frame.overview": "Overview",
  "frame.parked": "Parked",
  "frame.playlists": "Playlists",
  "frame.problems": "Problems",
  "frame.sources": "Sources",
  "frame.videos": "Videos",
  "frame.colours": "Colours",
  "frame.language": "Language",
  "frame.session-ends": "This session ends {when}.",
  "frame.sign-out": "Sign out",

  "live.connecting": "Connecting…",
  "live.live": "Live",
  "live.off": "Not live",
  "live.reconnecting": "Reconnecting…",

  "allowed.admin": "may do everything",
  "allowed.listen": "may listen",
  "allowed.read": "may view everything",
  "allowed.submit": "may submit playlists",

  "theme.dark": "Dark",
  "theme.light": "Light",
  "theme.system": "Same as the system",

  "missing.title": "Page not found",
  "missing.text": "The address may be mistyped. {link}.",
  "missing.link": "Go to the overview",
});
