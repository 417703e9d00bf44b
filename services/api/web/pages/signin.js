// Signing in with a key. The page that was asked for is still in the address, and follows.

import { Away } from "../api.js";
import { session } from "../session.js";
import { h } from "../dom.js";

/** Milliseconds until an API that was away is asked again. */
const AGAIN = 3000;

export function drawSignIn(root) {
  document.title = "Sign in – Fonoteca";
  const error = h("p", { class: "wrong", role: "alert", id: "sign-in-error" }, session.why ?? "");
  const field = h("input", {
    id: "key",
    name: "key",
    type: "password",
    required: true,
    autocomplete: "current-password",
    "aria-describedby": "sign-in-error",
  });
  const button = h("button", { class: "primary" }, "Sign in");
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    error.textContent = "";
    try {
      await session.signIn(field.value.trim());
    } catch (problem) {
      error.textContent =
        problem.status === 401 ? "This key is not valid. It may be mistyped, revoked or expired." : problem.message;
      if (problem instanceof Away) setTimeout(() => button.isConnected && event.target.requestSubmit(), AGAIN);
      else field.select();
    } finally {
      button.disabled = false;
    }
  };
  root.replaceChildren(
    h(
      "main",
      { class: "sign-in" },
      h(
        "form",
        { onsubmit: submit },
        h("img", { src: "/logo.svg", alt: "", width: "44", height: "44" }),
        h("h1", null, "Fonoteca"),
        h("p", { class: "quiet" }, "Playlists become a verified audio archive."),
        error,
        h("label", { for: "key" }, "Key"),
        field,
        button,
        h(
          "p",
          { class: "quiet small" },
          "A key is what the API is used with: ",
          h("code", null, "API_KEY"),
          " of its settings, or one made by ",
          h("code", null, "fonoteca keys create"),
          ".",
        ),
      ),
    ),
  );
  field.focus();
}
