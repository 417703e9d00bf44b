// Who may use the API: for administrators.

import { every, post, remove } from "../api.js";
import { h } from "../dom.js";
import { session } from "../session.js";
import { copyable } from "../parts/copy.js";
import { ask } from "../parts/dialog.js";
import { say } from "../parts/notice.js";
import { table } from "../parts/table.js";
import { when } from "../parts/text.js";

const SCOPES = {
  read: "Read: look at everything",
  submit: "Submit: also add playlists",
  admin: "Admin: everything",
  listen: "Listen: feeds and files alone, for podcast players",
};

export function keysPage(_, screen) {
  let keys = [];
  let made = null;
  let wrong = "";

  const create = async (event) => {
    event.preventDefault();
    const form = event.target;
    const asked = new FormData(form);
    const days = asked.get("days") === "" ? {} : { days: Number(asked.get("days")) };
    wrong = "";
    try {
      made = await post(["keys"], { name: asked.get("name"), scope: asked.get("scope"), ...days });
      form.reset();
    } catch (error) {
      wrong = error.message;
    }
    screen.redraw();
    screen.refresh();
  };
  const revoke = async ({ id, name }) => {
    const question = {
      title: "Revoke this key?",
      text: [`“${name}” is out with the next request, pages that are open included.`],
      action: "Revoke",
      danger: true,
    };
    if (!(await ask(question))) return;
    try {
      await remove(["keys", id]);
      say(`“${name}” is revoked.`);
    } catch (error) {
      say(error.message, { wrong: true });
    }
    screen.refresh();
  };
  const forget = () => {
    made = null;
    screen.redraw();
  };

  return {
    title: () => "Keys",
    async load() {
      if (session.may("admin")) keys = await every(["keys"]);
    },
    view: () =>
      session.may("admin")
        ? [maker(create, wrong), made === null ? null : secret(made, forget), shown(keys, revoke)]
        : [h("p", { class: "empty", "data-key": "empty" }, "Keys are for administrators.")],
  };
}

function maker(create, wrong) {
  const scopes = Object.entries(SCOPES).map(([value, words]) => h("option", { value }, words));
  return h(
    "form",
    { class: "panel", "data-key": "maker", onsubmit: create },
    h("h2", null, "A new key"),
    h(
      "div",
      { class: "fields" },
      h(
        "label",
        null,
        h("span", null, "Name"),
        h("input", { name: "name", required: true, maxlength: "100", placeholder: "radio team", autocomplete: "off" }),
      ),
      h("label", null, h("span", null, "Scope"), h("select", { name: "scope" }, scopes)),
      h(
        "label",
        null,
        h("span", null, "Days"),
        h("input", {
          name: "days",
          type: "number",
          min: "1",
          max: "3650",
          inputmode: "numeric",
          placeholder: "until revoked",
        }),
      ),
    ),
    h("p", { class: "wrong", role: "alert" }, wrong),
    h("button", { class: "primary" }, "Create"),
  );
}

function secret({ name, key }, forget) {
  return h(
    "div",
    { class: "panel secret", role: "status", "data-key": "secret" },
    h("p", null, "The key of ", h("b", null, name), ". It is shown this once: only its hash is kept."),
    copyable(key, "key"),
    h("p", null, h("button", { type: "button", class: "small", onclick: forget }, "I have it")),
  );
}

function shown(keys, revoke) {
  if (keys.length === 0)
    return h(
      "p",
      { class: "empty", "data-key": "none" },
      "Only the key of the settings. Create one for each person or program, so that each can be revoked.",
    );
  const columns = [
    { name: "Name", lead: true, cell: ({ name }) => h("b", null, name) },
    { name: "Scope", cell: ({ scope }) => scope },
    { name: "State", cell: validity },
    { name: "Created", cell: (key) => when(key.created_at) },
    { name: "Last used", cell: (key) => (key.used_at === null ? "never" : when(key.used_at)) },
    {
      name: "",
      cell: (key) =>
        key.revoked_at !== null
          ? null
          : h(
              "button",
              { type: "button", class: "small danger", "aria-label": `Revoke ${key.name}`, onclick: () => revoke(key) },
              "Revoke…",
            ),
    },
  ];
  return h(
    "div",
    { "data-key": "list" },
    table({ caption: "Keys, the oldest first", columns, items: keys, key: ({ id }) => id }),
  );
}

function validity({ revoked_at: revoked, expires_at: expires }) {
  if (revoked !== null) return ["revoked ", when(revoked)];
  if (expires === null) return "valid until revoked";
  return new Date(expires) < new Date() ? ["expired ", when(expires)] : ["valid, ends ", when(expires)];
}
