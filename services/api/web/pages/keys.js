// Who may use the API: for administrators.

import { every, remove } from "../data/api.js";
import { session } from "../data/session.js";
import { copyable } from "../elements/copy.js";
import { ask } from "../elements/dialog.js";
import { when } from "../elements/labels.js";
import { say, sayError } from "../elements/notice.js";
import { table } from "../elements/table.js";
import { keyForm } from "../parts/key_form.js";
import { h } from "../shell/dom.js";
import { rich, t } from "../texts/texts.js";

/** @import { Key, NewKey } from "api-types" */
/** @import { Place } from "../shell/router.js" */
/** @import { Page, Screen } from "../shell/screen.js" */

/**
 * @param {Place} _
 * @param {Screen} screen
 * @returns {Page}
 */
export function keysPage(_, screen) {
  /** @type {Key[]} */
  let keys = [];
  /** @type {NewKey | null} */
  let made = null;
  const form = keyForm(screen, (key) => {
    made = key;
  });

  /** @param {Key} key */
  const revoke = async ({ id, name }) => {
    const question = {
      title: t("keys.revoke-title"),
      text: [t("keys.revoke-text", { name })],
      action: t("keys.revoke-confirm"),
      danger: true,
    };
    if (!(await ask(question))) return;
    try {
      await remove("/v1/keys/{key_id}", { path: { key_id: id } });
      say(t("keys.revoked", { name }));
    } catch (error) {
      sayError(error);
    }
    screen.refresh();
  };
  const forget = () => {
    made = null;
    screen.redraw();
  };

  return {
    title: () => t("keys.title"),
    async load() {
      if (session.may("admin")) keys = await every("/v1/keys");
    },
    view: () =>
      session.may("admin")
        ? [form.view(), made === null ? null : secret(made, forget), shown(keys, revoke)]
        : [h("p", { class: "empty", "data-key": "empty" }, t("keys.admins"))],
  };
}

/**
 * @param {NewKey} made
 * @param {() => void} forget
 */
function secret({ name, key }, forget) {
  return h(
    "div",
    { class: "panel secret", role: "status", "data-key": "secret" },
    h("p", null, rich("keys.secret", { name: h("b", null, name) })),
    copyable(key, t("keys.secret-what")),
    h("p", null, h("button", { type: "button", class: "small", onclick: forget }, t("keys.secret-kept"))),
  );
}

/**
 * @param {Key[]} keys
 * @param {(key: Key) => void} revoke
 */
function shown(keys, revoke) {
  if (keys.length === 0) return h("p", { class: "empty", "data-key": "none" }, t("keys.none"));
  /** @param {Key} key */
  const button = (key) =>
    h(
      "button",
      {
        type: "button",
        class: "small danger",
        "aria-label": t("keys.revoke-label", { name: key.name }),
        onclick: () => revoke(key),
      },
      t("keys.revoke"),
    );
  /** @type {import("../elements/table.js").Column<Key>[]} */
  const columns = [
    { name: t("keys.column-name"), lead: true, cell: ({ name }) => h("b", null, name) },
    { name: t("keys.column-scope"), cell: ({ scope }) => scope },
    { name: t("keys.column-state"), plain: true, cell: validity },
    { name: t("keys.column-created"), cell: (key) => when(key.created_at) },
    { name: t("keys.column-used"), cell: (key) => (key.used_at === null ? t("keys.never") : when(key.used_at)) },
    { name: "", plain: true, cell: (key) => (key.revoked_at === null ? button(key) : null) },
  ];
  return h(
    "div",
    { "data-key": "list" },
    table({ caption: t("keys.caption"), columns, items: keys, key: ({ id }) => id }),
  );
}

/** @param {Key} key */
function validity({ revoked_at: revoked, expires_at: expires }) {
  if (revoked !== null) return rich("keys.state-revoked", { when: when(revoked) });
  if (expires === null) return t("keys.state-valid");
  const ended = new Date(expires) < new Date();
  return rich(ended ? "keys.state-expired" : "keys.state-ends", { when: when(expires) });
}
