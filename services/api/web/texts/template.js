// Templates of texts: "{count} of {all} videos". A text with several forms is chosen by its parameter `count`.

/** @typedef {string | {readonly [form in Intl.LDMLPluralRule]?: string} & {readonly other: string}} Template */

/**
 * The parts of a text in their order, with each parameter in its place.
 * @template T
 * @param {Template} template
 * @param {Record<string, T>} parameters
 * @param {Intl.PluralRules} plurals
 * @returns {(string | T)[]}
 */
export function fill(template, parameters, plurals) {
  return formOf(template, parameters["count"], plurals)
    .split(/\{(\w+)\}/)
    .map((part, at) => {
      if (at % 2 === 0) return part;
      const value = parameters[part];
      if (value === undefined) throw new Error(`The text “${JSON.stringify(template)}” lacks {${part}}`);
      return value;
    })
    .filter((part) => part !== "");
}

/**
 * @param {Template} template
 * @param {unknown} count
 * @param {Intl.PluralRules} plurals
 */
function formOf(template, count, plurals) {
  if (typeof template === "string") return template;
  if (typeof count !== "number") throw new Error(`The text “${template.other}” needs a count to choose its form`);
  return template[plurals.select(count)] ?? template.other;
}

/**
 * The names of all parameters, sorted.
 * @param {Template} template
 */
export function namesIn(template) {
  const forms = typeof template === "string" ? [template] : Object.values(template);
  const names = forms.flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  return [...new Set(names)].sort();
}
