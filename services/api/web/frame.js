// What stays around the pages: navigation, live indicator, account.

import { h } from "./dom.js";
import { moment } from "./format.js";
import { link } from "./router.js";
import { session } from "./session.js";
import { chooseTheme, chosenTheme, THEMES } from "./theme.js";
import { placeIcon } from "./parts/icon.js";
import { hush, noticeLine, say } from "./parts/notice.js";

const PLACES = [
  ["overview", "Overview"],
  ["playlists", "Playlists"],
  ["videos", "Videos"],
  ["problems", "Problems"],
  ["parked", "Parked"],
];
const LIVE = { connecting: "Connecting…", live: "Live", reconnecting: "Reconnecting…", off: "Not live" };

export class Frame {
  main = h("main", { id: "main", tabindex: "-1" });
  #indicator = h("span", null);
  #away = h("div", { class: "away", role: "status" });
  #nav = h("nav", { "aria-label": "Pages" });

  /** Everything, for the one who is signed in. */
  draw(root) {
    const skip = (event) => {
      event.preventDefault(); // Its address would be a page's.
      this.main.focus();
    };
    root.replaceChildren(
      h("a", { href: "#main", class: "skip", onclick: skip }, "Skip to the content"),
      h(
        "div",
        { class: "frame" },
        h(
          "header",
          { class: "side" },
          h(
            "a",
            { href: link(["overview"]), class: "brand" },
            h("img", { src: "/logo.svg", alt: "", width: "28", height: "28" }),
            "Fonoteca",
          ),
          this.#nav,
          h("div", { class: "side-foot" }, h("p", { class: "live", role: "status" }, this.#indicator), account()),
        ),
        h("div", { class: "content" }, this.#away, noticeLine(), this.main),
      ),
    );
  }

  /** Show where we are in the navigation. */
  at(name) {
    hush();
    const places = session.may("admin") ? [...PLACES, ["keys", "Keys"]] : PLACES;
    this.#nav.replaceChildren(
      h(
        "ul",
        null,
        places.map(([place, words]) =>
          h(
            "li",
            null,
            h(
              "a",
              { href: link([place]), "aria-current": place === name ? "page" : null },
              placeIcon(place),
              h("span", null, words),
            ),
          ),
        ),
      ),
    );
  }

  live(state) {
    this.#indicator.className = `is-${state}`;
    this.#indicator.textContent = LIVE[state];
  }

  away(isAway) {
    if (isAway && this.#away.textContent === "") this.#away.textContent = "The API does not answer; trying again…";
    if (!isAway) this.#away.textContent = "";
  }
}

function account() {
  const { name, scope, expires_at: expires } = session.holder;
  const leave = () => session.signOut().catch((error) => say(error.message, { wrong: true }));
  const themes = Object.entries(THEMES).map(([theme, words]) =>
    h("option", { value: theme, selected: theme === chosenTheme() }, words),
  );
  return [
    h(
      "button",
      { type: "button", class: "account", popovertarget: "account" },
      placeIcon("account"),
      h("span", null, name),
    ),
    h(
      "div",
      { id: "account", class: "popover", popover: "" },
      h("p", null, h("b", null, name), h("br", null), `may ${SCOPES[scope]}`),
      h("p", { class: "quiet" }, `This session ends ${moment(expires)}.`),
      h("label", null, "Colours ", h("select", { onchange: ({ target }) => chooseTheme(target.value) }, themes)),
      h("p", null, h("button", { type: "button", onclick: leave }, "Sign out")),
    ),
  ];
}

const SCOPES = { read: "look at everything", submit: "submit playlists", admin: "do everything" };
