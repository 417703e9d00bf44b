// An address that names no page.

import { h } from "../dom.js";
import { link } from "../router.js";

export function missingPage() {
  return {
    title: () => "There is no such page",
    load: async () => {},
    view: () => [
      h("p", null, "The address may be mistyped. ", h("a", { href: link(["overview"]) }, "Go to the overview"), "."),
    ],
  };
}
