// Signing in with a key. The page that was asked for is still in the address, and follows.

import { Away, Problem } from "../data/api.js";
import { session } from "../data/session.js";
import { h } from "../shell/dom.js";
import { languages } from "../shell/frame.js";
import { rich, t } from "../texts/texts.js";

/** Milliseconds until an API that was away is asked again. */
const RETRY_MS = 3000;

/** @param {HTMLElement} root */
export function drawSignIn(root) {
  document.title = `${t("sign-in.title")} – Fonoteca`;
  const error = h("p", { class: "wrong", role: "alert", id: "sign-in-error" }, session.why);
  const field = h("input", {
    id: "key",
    name: "key",
    type: "password",
    required: true,
    autocomplete: "current-password",
    "aria-describedby": "sign-in-error",
  });
  const button = h("button", { class: "primary" }, t("sign-in.button"));
  /** @param {SubmitEvent & {currentTarget: HTMLFormElement}} event */
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    button.disabled = true;
    error.textContent = "";
    try {
      await session.signIn(field.value.trim());
    } catch (problem) {
      if (!(problem instanceof Error)) throw problem;
      const invalid = problem instanceof Problem && problem.status === 401;
      error.textContent = invalid ? t("sign-in.invalid") : problem.message;
      if (problem instanceof Away) setTimeout(() => button.isConnected && form.requestSubmit(), RETRY_MS);
      else field.select();
    } finally {
      button.disabled = false;
    }
  };
  const help = { setting: h("code", null, "API_KEY"), command: h("code", null, "fonoteca keys create") };
  root.replaceChildren(
    h(
      "main",
      { class: "sign-in" },
      h(
        "form",
        { onsubmit: submit },
        h("img", { src: "/logo.svg", alt: "", width: "44", height: "44" }),
        h("h1", null, "Fonoteca"),
        h("p", { class: "quiet" }, t("sign-in.lead")),
        error,
        h("label", { for: "key" }, t("sign-in.key")),
        field,
        button,
        h("p", { class: "quiet small" }, rich("sign-in.help", help)),
        h("p", { class: "small" }, languages()),
      ),
    ),
  );
  field.focus();
}
