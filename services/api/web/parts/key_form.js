// The form that creates a key.

import { post } from "../data/api.js";
import { h } from "../shell/dom.js";
import { t } from "../texts/texts.js";

/** @import { NewKey, Scope } from "api-types" */
/** @import { Screen } from "../shell/screen.js" */

/** @type {Scope[]} */
const SCOPES = ["read", "submit", "admin", "listen"];

/**
 * @param {Screen} screen
 * @param {(key: NewKey) => void} created
 */
export function keyForm(screen, created) {
  let wrong = "";

  /** @param {SubmitEvent & {currentTarget: HTMLFormElement}} event */
  const create = async (event) => {
    event.preventDefault();
    const element = event.currentTarget;
    const given = new FormData(element);
    const days = given.get("days") === "" ? {} : { days: Number(given.get("days")) };
    const scope = SCOPES.find((each) => each === given.get("scope")) ?? "read";
    wrong = "";
    try {
      created(await post("/v1/keys", { body: { name: String(given.get("name")), scope, ...days } }));
      element.reset();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      wrong = error.message;
    }
    screen.redraw();
    screen.refresh();
  };

  return { view: () => form(create, wrong) };
}

/**
 * @param {(event: SubmitEvent & {currentTarget: HTMLFormElement}) => void} create
 * @param {string} wrong
 */
function form(create, wrong) {
  const scopes = SCOPES.map((scope) => h("option", { value: scope }, t(`scope.${scope}`)));
  return h(
    "form",
    { class: "panel", "data-key": "maker", onsubmit: create },
    h("h2", null, t("keys.new")),
    h(
      "div",
      { class: "fields" },
      h(
        "label",
        null,
        h("span", null, t("keys.name")),
        h("input", {
          name: "name",
          required: true,
          maxlength: "100",
          placeholder: t("keys.name-example"),
          autocomplete: "off",
        }),
      ),
      h("label", null, h("span", null, t("keys.scope")), h("select", { name: "scope" }, scopes)),
      h(
        "label",
        null,
        h("span", null, t("keys.days")),
        h("input", {
          name: "days",
          type: "number",
          min: "1",
          max: "3650",
          inputmode: "numeric",
          placeholder: t("keys.days-none"),
        }),
      ),
    ),
    h("p", { class: "wrong", role: "alert" }, wrong),
    h("button", { class: "primary" }, t("keys.create")),
  );
}
