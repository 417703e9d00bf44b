// What stays around the pages: navigation, live indicator, account.

import { session } from "../data/session.js";
import { placeIcon } from "../elements/icon.js";
import { hush, noticeLine, sayError } from "../elements/notice.js";
import { chooseLanguage, language } from "../texts/choice.js";
import { moment } from "../texts/format.js";
import { LANGUAGES } from "../texts/language.js";
import { t } from "../texts/texts.js";
import { h } from "./dom.js";
import { link } from "./router.js";
import { chooseTheme, chosenTheme, THEMES } from "./theme.js";

/** @import { Session } from "api-types" */
/** @import { LiveState } from "../data/live.js" */

const PLACES = /** @type {const} */ ([
  ...["overview", "playlists", "sources", "videos", "problems", "measurements", "notifications", "parked"],
]);

export class Frame {
  main = h("main", { id: "main", tabindex: "-1" });
  #indicator = h("span", null);
  #away = h("div", { class: "away", role: "status" });
  #nav = h("nav", { "aria-label": t("frame.pages") });

  /**
   * Everything, for a person who is signed in.
   * @param {HTMLElement} root
   * @param {Session} holder
   */
  draw(root, holder) {
    /** @param {MouseEvent} event */
    const skip = (event) => {
      event.preventDefault(); // Its address would be a page's.
      this.main.focus();
    };
    root.replaceChildren(
      h("a", { href: "#main", class: "skip", onclick: skip }, t("frame.skip")),
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
          h("div", { class: "side-foot" }, h("p", { class: "live", role: "status" }, this.#indicator), account(holder)),
        ),
        h("div", { class: "content" }, this.#away, noticeLine(), this.main),
      ),
    );
  }

  /**
   * Mark the present place in the navigation.
   * @param {string | undefined} name
   */
  at(name) {
    hush();
    const places = session.may("admin") ? /** @type {const} */ ([...PLACES, "keys"]) : PLACES;
    this.#nav.replaceChildren(
      h(
        "ul",
        null,
        places.map((place) =>
          h(
            "li",
            null,
            h(
              "a",
              { href: link([place]), "aria-current": place === name ? "page" : null },
              placeIcon(place),
              h("span", null, t(`frame.${place}`)),
            ),
          ),
        ),
      ),
    );
  }

  /** @param {LiveState} state */
  live(state) {
    this.#indicator.className = `is-${state}`;
    this.#indicator.textContent = t(`live.${state}`);
  }

  /** @param {boolean} isAway the API does not answer */
  away(isAway) {
    if (isAway && this.#away.textContent === "") this.#away.textContent = t("api.away");
    if (!isAway) this.#away.textContent = "";
  }
}

/** @param {Session} holder */
function account({ name, scope, expires_at: expires }) {
  const leave = () => session.signOut().catch(sayError);
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
      h("p", null, h("b", null, name), h("br", null), t(`allowed.${scope}`)),
      h("p", { class: "quiet" }, t("frame.session-ends", { when: moment(expires) })),
      h("p", null, h("label", null, t("frame.colours"), " ", themes())),
      h("p", null, languages()),
      h("p", null, h("button", { type: "button", onclick: leave }, t("frame.sign-out"))),
    ),
  ];
}

function themes() {
  return h(
    "select",
    { onchange: ({ currentTarget }) => chooseTheme(currentTarget.value) },
    THEMES.map((theme) => h("option", { value: theme, selected: theme === chosenTheme() }, t(`theme.${theme}`))),
  );
}

/** The choice of the language, also for a person who does not read the present one. */
export function languages() {
  return h(
    "label",
    null,
    t("frame.language"),
    " ",
    h(
      "select",
      { class: "language", onchange: ({ currentTarget }) => chooseLanguage(currentTarget.value) },
      Object.entries(LANGUAGES).map(([code, name]) =>
        h("option", { value: code, lang: code, selected: code === language }, name),
      ),
    ),
  );
}
