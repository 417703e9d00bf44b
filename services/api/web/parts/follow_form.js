// The form that follows a source.

import { Problem, put } from "../data/api.js";
import { say } from "../elements/notice.js";
import { textField } from "../elements/text_field.js";
import { h } from "../shell/dom.js";
import { t } from "../texts/texts.js";

/** @import { Screen } from "../shell/screen.js" */

const SCHEDULES = ["auto", "1h", "6h", "1d", "1w"];
/** HTTP status: the name is taken. */
const TAKEN = 409;

/** @param {Screen} screen */
export function followForm(screen) {
  let wrong = "";
  let busy = false;

  /** @param {SubmitEvent & {currentTarget: HTMLFormElement}} event */
  const follow = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const body = definitionIn(new FormData(form));
    const { name } = body;
    [busy, wrong] = [true, ""];
    screen.redraw();
    try {
      await put("/v1/sources/{name}", { path: { name }, body });
      form.reset();
      say(t("follow.followed", { name }));
      screen.refresh();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const taken = error instanceof Problem && error.status === TAKEN;
      wrong = taken ? t("follow.exists", { name }) : error.message;
    } finally {
      busy = false;
      screen.redraw();
    }
  };

  return { view: () => fields(follow, wrong, busy) };
}

/** @param {FormData} form */
export function definitionIn(form) {
  /** @param {string} name */
  const field = (name) => String(form.get(name) ?? "").trim();
  const first = field("first");
  /** @type {number | "all"} */
  const taken = first === "all" ? first : Number(first);
  return { name: field("name"), address: field("address"), every: field("every") || "auto", first: taken };
}

/**
 * @param {(event: SubmitEvent & {currentTarget: HTMLFormElement}) => void} follow
 * @param {string} wrong why it was refused
 * @param {boolean} busy
 */
function fields(follow, wrong, busy) {
  return h(
    "form",
    { class: "panel", "data-key": "follow", "aria-labelledby": "follow-title", onsubmit: follow },
    h("h2", { id: "follow-title" }, t("follow.title")),
    h(
      "div",
      { class: "fields" },
      textField("name", t("follow.name"), t("follow.name-help"), {
        required: true,
        maxlength: "63",
        pattern: "[a-z0-9][a-z0-9\\-]*",
        title: t("follow.name-help"),
        placeholder: t("follow.name-example"),
      }),
      textField("address", t("follow.address"), t("follow.address-help"), {
        required: true,
        maxlength: "2048",
        placeholder: "https://www.youtube.com/playlist?list=…",
      }),
      textField("every", t("follow.every"), t("follow.every-help"), {
        value: "auto",
        maxlength: "200",
        list: "schedules",
      }),
      textField("first", t("follow.first"), t("follow.first-help"), {
        required: true,
        value: "1",
        pattern: "[0-9]{1,7}|all",
        title: t("follow.first-wrong"),
      }),
      h(
        "datalist",
        { id: "schedules" },
        SCHEDULES.map((value) => h("option", { value })),
      ),
    ),
    h("p", { class: "wrong", role: "alert" }, wrong),
    h("button", { class: "primary", disabled: busy }, t("follow.follow")),
  );
}
