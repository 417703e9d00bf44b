// Crawls: the ones that there are, and the form that starts one.

import { post } from "../../data/api.js";
import { session } from "../../data/session.js";
import { say, sayError } from "../../elements/notice.js";
import { table } from "../../elements/table.js";
import { h } from "../../shell/dom.js";
import { link } from "../../shell/router.js";
import { count, shortMoment } from "../../texts/format.js";
import { t } from "../../texts/texts.js";

/** @import { Crawl } from "api-types" */
/** @import { Column } from "../../elements/table.js" */
/** @import { Screen } from "../../shell/screen.js" */

/**
 * @param {Crawl[]} crawls
 * @param {Screen} screen
 */
export function crawlTable(crawls, screen) {
  if (crawls.length === 0) return h("p", { class: "quiet", "data-key": "no-crawls" }, t("crawls.none"));
  /** @type {Column<Crawl>[]} */
  const columns = [
    {
      name: t("crawls.name"),
      lead: true,
      cell: ({ name }) => h("a", { href: link(["measurements"], { crawl: name, hours: "720" }), class: "title" }, name),
    },
    { name: t("crawls.state"), cell: ({ state }) => t(`crawl-state.${state}`) },
    { name: t("crawls.started"), cell: ({ created_at: at }) => shortMoment(at) },
    {
      name: t("crawls.measured"),
      number: true,
      cell: ({ measured, videos }) => t("crawls.of", { measured, videos }),
    },
    { name: t("crawls.failed"), number: true, cell: ({ failed }) => (failed === 0 ? null : count(failed)) },
    { name: t("crawls.requests"), number: true, cell: ({ requests }) => count(requests) },
  ];
  if (session.may("admin")) {
    columns.push({
      name: t("crawls.actions"),
      row: true,
      cell: ({ name, state }) => (state === "running" ? stopButton(name, screen) : null),
    });
  }
  return h(
    "div",
    { "data-key": "crawl-list" },
    table({ caption: t("crawls.title"), columns, items: crawls, key: ({ name }) => name }),
  );
}

/**
 * @param {string} name
 * @param {Screen} screen
 */
function stopButton(name, screen) {
  const stop = async () => {
    try {
      await post("/v1/crawls/{name}/stop", { path: { name } });
      say(t("crawls.stopped", { name }));
      screen.refresh();
    } catch (error) {
      sayError(error);
    }
  };
  return h(
    "button",
    { type: "button", onclick: stop, "aria-label": t("crawls.stop-label", { name }) },
    t("crawls.stop"),
  );
}

/** @param {Screen} screen */
export function crawlForm(screen) {
  /** @param {HTMLFormElement} form */
  const start = async (form) => {
    const given = new FormData(form);
    /** @param {string} name */
    const text = (name) => String(given.get(name) ?? "").trim();
    const related = given.has("related");
    const body = {
      name: text("name"),
      addresses: text("addresses").split("\n").map((line) => line.trim()).filter((line) => line !== ""), // prettier-ignore
      videos: Number(text("videos")),
      seconds: Number(text("seconds")),
      related,
      rounds: related ? 2 : 1,
    };
    try {
      await post("/v1/crawls", { body });
      form.reset();
      say(t("crawls.started-one", { name: body.name }));
      screen.refresh();
    } catch (error) {
      sayError(error);
    }
  };
  return {
    view: () =>
      h(
        "details",
        { class: "crawl-form", "data-key": "crawl-form" },
        h("summary", null, t("crawls.start")),
        h("p", { class: "quiet" }, t("crawls.what")),
        h(
          "form",
          {
            onsubmit: (event) => {
              event.preventDefault();
              start(event.currentTarget);
            },
          },
          labelled(
            t("crawls.name"),
            h("input", { name: "name", required: true, pattern: "[a-z0-9][a-z0-9\\-]{0,62}" }),
          ),
          labelled(t("crawls.addresses"), h("textarea", { name: "addresses", required: true, rows: 3 })),
          labelled(t("crawls.videos"), h("input", { name: "videos", type: "number", min: 1, value: 100 })),
          labelled(t("crawls.seconds"), h("input", { name: "seconds", type: "number", min: 1, max: 3600, value: 30 })),
          h("label", { class: "check" }, h("input", { name: "related", type: "checkbox" }), " ", t("crawls.related")),
          h("p", null, h("button", { type: "submit" }, t("crawls.start-button"))),
        ),
      ),
  };
}

/**
 * @param {string} words
 * @param {HTMLElement} field
 */
function labelled(words, field) {
  return h("label", null, h("span", null, words), field);
}
