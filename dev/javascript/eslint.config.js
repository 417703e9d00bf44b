// Rules for the dashboard's JavaScript, its tests and its tools. `make lint` runs them from the repository's root.

import js from "@eslint/js";
import jsdoc from "eslint-plugin-jsdoc";
import globals from "globals";

import { untranslated } from "./untranslated.js";

export default [
  // Code of others, served as it is.
  { ignores: ["services/api/web/vendor/**"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  jsdoc.configs["flat/recommended-typescript-flavor-error"],
  {
    languageOptions: { ecmaVersion: 2025, sourceType: "module" },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-implicit-coercion": "error",
      "no-param-reassign": "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
      "max-lines": ["error", { max: 200, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 6],
      "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
      // Types come from the names where they can; what a name says already needs no sentence.
      "jsdoc/require-jsdoc": "off",
      "jsdoc/require-param": "off",
      "jsdoc/require-param-description": "off",
      "jsdoc/require-property-description": "off",
      "jsdoc/require-returns": "off",
      "jsdoc/require-returns-description": "off",
      "jsdoc/tag-lines": "off",
      "jsdoc/reject-any-type": "error",
      "jsdoc/require-template-description": "off",
    },
  },
  { files: ["services/api/web/**"], languageOptions: { globals: globals.browser } },
  {
    files: ["services/api/web/{elements,pages,parts,shell}/**", "services/api/web/main.js"],
    plugins: { fonoteca: { rules: { untranslated } } },
    rules: { "fonoteca/untranslated": "error" },
  },
  { files: ["tests/web/**", "dev/javascript/**"], languageOptions: { globals: globals.node } },
];
