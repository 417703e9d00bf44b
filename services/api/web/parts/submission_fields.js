// The fields of the form that submits a playlist.

import { h } from "../shell/dom.js";
import { t } from "../texts/texts.js";

const PROFILES = ["mp3-320", "original", "flac", "wav-16k-mono", "mp3-320, wav-16k-mono"];

/**
 * @param {{wrong: string, busy: boolean, admin: boolean}} form `wrong`: why the last submission was refused
 */
export function submissionFields({ wrong, busy, admin }) {
  return [
    h("label", { for: "url" }, t("submission.address")),
    h(
      "div",
      { class: "one-line" },
      h("input", {
        id: "url",
        name: "url",
        required: true,
        maxlength: "2048",
        autocomplete: "off",
        spellcheck: "false",
        autocapitalize: "off",
        placeholder: "https://www.youtube.com/playlist?list=…",
        "aria-describedby": "url-wrong",
        "aria-invalid": wrong !== "" ? "true" : null,
      }),
      h("button", { class: "primary", disabled: busy }, t("submission.submit")),
    ),
    h("p", { class: "wrong", id: "url-wrong", role: "alert" }, wrong),
    h(
      "details",
      { class: "options" },
      h("summary", null, t("submission.options")),
      h("div", { class: "fields" }, profilesField(), limitField(), admin ? priorityField() : null),
    ),
  ];
}

function profilesField() {
  return [
    h(
      "label",
      null,
      h("span", null, t("submission.profiles")),
      h("input", {
        name: "profiles",
        list: "profiles",
        placeholder: t("submission.profiles-usual"),
        spellcheck: "false",
        autocapitalize: "off",
      }),
      h("small", null, t("submission.profiles-help")),
    ),
    h(
      "datalist",
      { id: "profiles" },
      PROFILES.map((value) => h("option", { value })),
    ),
  ];
}

function limitField() {
  return h(
    "label",
    null,
    h("span", null, t("submission.limit")),
    h("input", {
      name: "limit",
      type: "number",
      min: "1",
      inputmode: "numeric",
      placeholder: t("submission.limit-none"),
    }),
    h("small", null, t("submission.limit-help")),
  );
}

/** For administrators alone. */
function priorityField() {
  return h(
    "label",
    null,
    h("span", null, t("submission.priority")),
    h(
      "select",
      { name: "priority" },
      h("option", { value: "normal" }, t("submission.priority-normal")),
      h("option", { value: "high" }, t("submission.priority-high")),
    ),
  );
}
