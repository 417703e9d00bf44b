// Why videos of a playlist are not stored, a line each, with the ways to see them and to do something about it.

import { h } from "../dom.js";
import { count } from "../format.js";
import { link } from "../router.js";
import { reasonName } from "../words.js";
import { when } from "./text.js";

export function reasonLines(reasons, id) {
  if (reasons.length === 0) return h("p", { class: "quiet" }, "Nothing failed.");
  return [
    h(
      "ul",
      { class: "lines" },
      reasons.map(({ reason, open, abandoned, next_due: due }) =>
        h(
          "li",
          { "data-key": reason },
          h("a", { href: link(["videos"], { playlist: id, reason }) }, reasonName(reason)),
          h(
            "span",
            null,
            [open > 0 ? `${count(open)} open` : "", abandoned > 0 ? `${count(abandoned)} given up` : ""]
              .filter(Boolean)
              .join(", "),
          ),
          due === null ? null : h("span", { class: "quiet" }, "next try ", when(due)),
        ),
      ),
    ),
    h("p", null, h("a", { href: link(["problems"], { playlist: id }) }, "Retry or give up the ones of this playlist")),
  ];
}
