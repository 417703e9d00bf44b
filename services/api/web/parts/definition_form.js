// The form that changes how a followed source is looked at, what is taken of it and what is kept.

import { Problem, put } from "../data/api.js";
import { say } from "../elements/notice.js";
import { textField } from "../elements/text_field.js";
import { h } from "../shell/dom.js";
import { t } from "../texts/texts.js";

/** @import { Source } from "../elements/source_state.js" */
/** @import { Attribute } from "../shell/dom.js" */
/** @import { Screen } from "../shell/screen.js" */
/** @typedef {"every" | "keep" | "title_include" | "title_exclude" | "min_seconds" | "max_seconds"} FieldName */

/** Rules of filters that the form shows; others stay as they are. */
const RULES = /** @type {const} */ (["title_include", "title_exclude", "min_seconds", "max_seconds"]);
const DURATION = { inputmode: "numeric", pattern: "[0-9]{0,7}", maxlength: "7" };
/** HTTP status: somebody has changed the source meanwhile. */
const CHANGED = 412;

/** @param {Screen} screen */
export function definitionForm(screen) {
  let wrong = "";
  let busy = false;

  /**
   * @param {SubmitEvent & {currentTarget: HTMLFormElement}} event
   * @param {Source} source as the form shows it
   */
  const change = async (event, { name, version, definition }) => {
    event.preventDefault();
    const body = changed(definition, new FormData(event.currentTarget));
    [busy, wrong] = [true, ""];
    screen.redraw();
    try {
      await put("/v1/sources/{name}", { path: { name }, header: { "If-Match": `"${version}"` }, body });
      say(t("edit.changed", { name }));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      wrong = error instanceof Problem && error.status === CHANGED ? t("edit.meanwhile") : error.message;
    } finally {
      busy = false;
      screen.refresh();
    }
  };

  return {
    /** @param {Source} source */
    view: (source) =>
      h(
        "details",
        // Another version is another form: what somebody else has changed is shown and not overwritten.
        { class: "panel", "data-key": `edit-${source.version}` },
        h("summary", null, t("edit.title")),
        h(
          "form",
          {
            "aria-label": t("edit.title"),
            onsubmit: (/** @type {SubmitEvent & {currentTarget: HTMLFormElement}} */ event) => change(event, source),
          },
          h("div", { class: "fields" }, inputs(source.definition)),
          h("p", { class: "wrong", role: "alert" }, wrong),
          h("button", { class: "primary", disabled: busy }, t("edit.save")),
        ),
      ),
  };
}

/**
 * The definition with what the form says. Empty fields are the defaults.
 * @param {Record<string, unknown>} definition
 * @param {FormData} form
 */
export function changed(definition, form) {
  /** @param {FieldName} name */
  const field = (name) => String(form.get(name) ?? "").trim();
  /** @type {Record<string, unknown>} */
  const filters = { .../** @type {object} */ (definition["filters"] ?? {}) };
  for (const rule of RULES) {
    delete filters[rule];
    if (field(rule)) filters[rule] = rule.endsWith("seconds") ? Number(field(rule)) : field(rule);
  }
  const { name, address } = /** @type {{name: string, address: string}} */ (definition);
  return { ...definition, name, address, every: field("every") || "auto", keep: field("keep") || "all", filters };
}

/** @param {Record<string, unknown>} definition */
function inputs(definition) {
  const filters = /** @type {Record<string, unknown>} */ (definition["filters"] ?? {});
  return [
    input("every", definition["every"] ?? "auto", { maxlength: "200" }),
    input("keep", definition["keep"] ?? "all", { maxlength: "20" }),
    input("title_include", filters["title_include"], { maxlength: "1000" }),
    input("title_exclude", filters["title_exclude"], { maxlength: "1000" }),
    input("min_seconds", filters["min_seconds"], DURATION),
    input("max_seconds", filters["max_seconds"], DURATION),
  ];
}

/**
 * @param {FieldName} name
 * @param {unknown} value
 * @param {Record<string, Attribute>} more
 */
function input(name, value, more) {
  const shown = value === undefined || value === null ? "" : String(value);
  return textField(name, t(`edit.${name}`), t(`edit.${name}-help`), { value: shown, ...more });
}
