// The composition: who is signed in, which page the address names, and what is live on it.

import { api, Away } from "./data/api.js";
import { Live } from "./data/live.js";
import { session } from "./data/session.js";
import { endpointPage } from "./pages/endpoint.js";
import { keysPage } from "./pages/keys.js";
import { measurementsPage } from "./pages/measurements.js";
import { missingPage } from "./pages/missing.js";
import { notificationsPage } from "./pages/notifications.js";
import { overviewPage } from "./pages/overview.js";
import { parkedPage } from "./pages/parked.js";
import { playlistPage } from "./pages/playlist.js";
import { playlistsPage } from "./pages/playlists.js";
import { problemsPage } from "./pages/problems.js";
import { drawSignIn } from "./pages/signin.js";
import { sourcePage } from "./pages/source.js";
import { sourcesPage } from "./pages/sources.js";
import { videoPage } from "./pages/video.js";
import { videosPage } from "./pages/videos.js";
import { h } from "./shell/dom.js";
import { Frame } from "./shell/frame.js";
import { go, link, place } from "./shell/router.js";
import { Screen } from "./shell/screen.js";

/** @import { Place } from "./shell/router.js" */
/** @import { PageMaker } from "./shell/screen.js" */

/**
 * Name of a place → its page, and that of one thing in it.
 * @type {Map<string, [PageMaker, PageMaker?]>}
 */
const PAGES = new Map([
  ["overview", [overviewPage]],
  ["playlists", [playlistsPage, playlistPage]],
  ["sources", [sourcesPage, sourcePage]],
  ["videos", [videosPage, videoPage]],
  ["problems", [problemsPage]],
  ["measurements", [measurementsPage]],
  ["notifications", [notificationsPage, endpointPage]],
  ["parked", [parkedPage]],
  ["keys", [keysPage]],
]);
/** Milliseconds until an API that was away at the beginning is asked again. */
const RETRY_MS = 2000;

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
const frame = new Frame();
const screen = new Screen(frame.main);
const live = new Live();
/**
 * The path of the page that is shown.
 * @type {string | null}
 */
let shown = null;

async function route() {
  if (session.holder === null) return;
  const here = place();
  if (here.path.length === 0) return go(link(["overview"]), { instead: true });
  const path = here.path.join("/");
  // Another filter of the same page is no other page: what has the focus keeps it.
  if (path === shown && screen.page?.moved !== undefined) {
    screen.page.moved(here);
    screen.redraw();
    screen.refresh();
    return;
  }
  shown = path;
  const page = pageAt(here);
  frame.at(here.path[0]);
  await screen.show(page);
  // A thing that does not exist has no events.
  if (screen.page === page && !screen.refused) live.open(page.playlist ?? null);
}

/** @param {Place} here */
function pageAt(here) {
  const [name = "", id, ...rest] = here.path;
  const make = rest.length === 0 ? PAGES.get(name)?.[id === undefined ? 0 : 1] : undefined;
  return (make ?? missingPage)(here, screen);
}

function onSession() {
  if (session.holder !== null) {
    frame.draw(root, session.holder);
    frame.live(live.state);
    route();
    return;
  }
  shown = null;
  screen.leave();
  live.close();
  drawSignIn(root);
}

async function begin() {
  try {
    await session.resume();
  } catch (error) {
    if (!(error instanceof Away)) throw error;
    root.replaceChildren(h("main", { class: "sign-in" }, h("p", { role: "alert" }, error.message)));
    setTimeout(begin, RETRY_MS);
  }
}

/**
 * Listen to a kind of live events.
 * @param {"progress" | "happened"} name
 */
function listen(name) {
  live.addEventListener(name, (event) => {
    if (event instanceof CustomEvent) screen.page?.[name]?.(event.detail);
    screen.refresh();
  });
}

session.addEventListener("change", onSession);
addEventListener("hashchange", route);
api.addEventListener("away", () => frame.away(true));
api.addEventListener("there", () => frame.away(false));
live.addEventListener("state", () => frame.live(live.state));
live.addEventListener("reset", () => screen.refresh());
listen("progress");
listen("happened");
// A page that lies in the browser's memory of earlier pages must not hold a connection open.
addEventListener("pagehide", () => live.close());
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && session.holder !== null) {
    live.open(screen.page?.playlist ?? null);
    screen.refresh();
  }
});
document.addEventListener("visibilitychange", async () => {
  if (document.hidden || session.holder === null) return;
  screen.refresh();
  try {
    await session.resume();
  } catch (error) {
    if (!(error instanceof Away)) throw error; // The page shows that already.
  }
});
begin();
