// The rule that finds texts outside services/api/web/texts.

import { RuleTester } from "../../dev/javascript/rule_tester.js";
import { describe, it } from "node:test";

import { untranslated } from "../../dev/javascript/untranslated.js";

Object.assign(RuleTester, { describe, it });

const errors = [{ messageId: "literal" }];

new RuleTester().run("untranslated", untranslated, {
  valid: [
    'h("p", { class: "quiet small" }, t("playlist.no-videos"));',
    'h("p", null, known ? t("a.b") : " · ", count);',
    'h("option", { value: "high", "aria-label": t("a.b") }, t("c.d"));',
    'h("h1", null, "Fonoteca");',
    'panel("needs", t("overview.needs"), content, "needs wide");',
    'if (name === "Not a text") go("#/videos");',
  ],
  invalid: [
    { code: 'h("p", null, "stored");', errors },
    { code: 'h("p", null, known ? t("a.b") : "none yet");', errors },
    { code: "h('p', null, [[`${count} videos`]]);", errors },
    { code: 'h("input", { placeholder: "name" });', errors },
    { code: 'h("input", { "aria-label": known ? "Key" : null });', errors },
    { code: 'say("done");', errors },
    { code: 'fact("Length", length(seconds));', errors },
    { code: 'const WORDS = { retry: "Queued again" };', errors },
    { code: 'ask({ title: t("a.b"), text: ["This cannot be undone."], action: t("c.d") });', errors },
  ],
});
