// An address that names no page.

import { h } from "../shell/dom.js";
import { link } from "../shell/router.js";
import { rich, t } from "../texts/texts.js";

/** @import { Page } from "../shell/screen.js" */

/** @returns {Page} */
export function missingPage() {
  return {
    title: () => t("missing.title"),
    load: async () => {},
    view: () => [h("p", null, rich("missing.text", { link: h("a", { href: link(["overview"]) }, t("missing.link")) }))],
  };
}
