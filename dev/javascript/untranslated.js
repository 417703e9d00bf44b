// A rule of ESLint: texts that people read come from services/api/web/texts, not from the code of pages.

/** Attributes that are read, or read aloud. */
const READ = new Set(["aria-label", "title", "placeholder", "alt"]);
/** Attributes and properties whose values only look like sentences. */
const NOT_READ = new Set(["class", "className", "d", "preserveAspectRatio", "rel", "viewBox"]);
/** Functions whose first argument is read. */
const SPOKEN = new Set(["fact", "say"]);
/** Functions whose first argument is the key of a text. */
const KEYED = new Set(["rich", "t", "textOr"]);
/** Values that are the same in each language: names, and examples of what a field takes. */
const NAMES = new Set(["API_KEY", "Fonoteca", "SHA-256", "bot-check", "fonoteca keys create", "youtube:PL…"]);
const ADDRESS = /^https?:\/\//;
const LETTERS = /\p{L}{2,}/u;
/** Two words in a row, or one that begins like a sentence. */
const SENTENCE = /\p{L}{2,}\s+\p{L}|^\s*\p{Lu}\p{Ll}/u;

/** @typedef {"read" | "code" | "unknown"} Use how a text is used; of an unknown one only its look can say */

/** @type {import("eslint").Rule.RuleModule} */
export const untranslated = {
  meta: { type: "problem", messages: { literal: "“{{text}}” is read by people: move it to services/api/web/texts" } },
  create(context) {
    /**
     * @param {import("estree").Node} node
     * @param {string} text
     */
    const check = (node, text) => {
      if (NAMES.has(text.trim()) || ADDRESS.test(text) || !LETTERS.test(text)) return;
      const use = useOf([...context.sourceCode.getAncestors(node), node]);
      if (use === "code" || (use === "unknown" && !SENTENCE.test(text))) return;
      context.report({ node, messageId: "literal", data: { text } });
    };
    return {
      Literal: (node) => {
        if (typeof node.value === "string") check(node, node.value);
      },
      TemplateElement: (node) => check(node, node.value.cooked ?? ""),
    };
  },
};

/**
 * @param {import("estree").Node[]} path from the outermost node to the text
 * @returns {Use}
 */
function useOf(path) {
  for (const [at, parent] of [...path.entries()].reverse()) {
    const node = path[at + 1];
    if (node === undefined) continue;
    switch (parent.type) {
      case "ImportDeclaration":
      case "BinaryExpression":
      case "SwitchCase":
      case "MemberExpression":
        return "code";
      case "ConditionalExpression":
        if (parent.test === node) return "code";
        break;
      case "Property":
        return ofProperty(parent, node);
      case "CallExpression":
        return ofArgument(parent, node);
    }
  }
  return "unknown";
}

/**
 * @param {import("estree").Property} property
 * @param {import("estree").Node} node
 * @returns {Use}
 */
function ofProperty({ key, value }, node) {
  if (value !== node) return "code";
  const name = key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : "";
  if (NOT_READ.has(name)) return "code";
  return READ.has(name) ? "read" : "unknown";
}

/**
 * @param {import("estree").SimpleCallExpression} call
 * @param {import("estree").Node} node
 * @returns {Use}
 */
function ofArgument({ callee, arguments: given }, node) {
  const name = callee.type === "Identifier" ? callee.name : "";
  const at = given.findIndex((each) => each === node);
  if (name === "h" || name === "svg") return at >= 2 ? "read" : "code";
  if (name === "panel" && (at === 0 || at === 3)) return "code"; // Its name in the code, and its classes.
  if (SPOKEN.has(name) && at === 0) return "read";
  return KEYED.has(name) && at === 0 ? "code" : "unknown";
}
