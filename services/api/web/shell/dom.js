// Elements in one expression. Text only ever becomes text: titles come from strangers.

const SVG = "http://www.w3.org/2000/svg";

/** @import { Child } from "dom-types" */
/** @typedef {string | number | boolean | null | undefined} Attribute */
/** @typedef {Record<string, string | number>} Style */

/**
 * Handlers, with the element that has them as `currentTarget`.
 * @template E
 * @typedef {object} Handlers
 * @property {(event: MouseEvent & {currentTarget: E}) => unknown} [onclick]
 * @property {(event: SubmitEvent & {currentTarget: E}) => unknown} [onsubmit]
 * @property {(event: InputEvent & {currentTarget: E, target: HTMLElement}) => unknown} [oninput]
 * @property {(event: Event & {currentTarget: E}) => unknown} [onchange]
 */

/**
 * @template E
 * @typedef {Handlers<E> & {style?: Style} & {[name: string]: Attribute | Style | ((event: never) => unknown)}} Properties
 */

/**
 * An HTML element. Properties: attributes by name, `on…` handlers, `style` as an object; null and false are left out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Properties<HTMLElementTagNameMap[T]> | null} [properties]
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, properties, ...children) {
  return filled(document.createElement(tag), properties ?? {}, children);
}

/**
 * The same for SVG.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, Attribute> | null} [properties]
 * @param {Child[]} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function svg(tag, properties, ...children) {
  return filled(document.createElementNS(SVG, tag), properties ?? {}, children);
}

/**
 * @template {HTMLElement | SVGElement} E
 * @param {E} element
 * @param {Record<string, unknown>} properties
 * @param {Child[]} children
 * @returns {E}
 */
function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    // Handlers are properties and not listeners, so that a redrawn element can hand them on to the one on the screen.
    if (name.startsWith("on")) Object.assign(element, { [name]: value });
    // The policy of the page forbids style attributes, but not this.
    else if (typeof value === "object")
      for (const [rule, to] of Object.entries(value)) element.style.setProperty(rule, to);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...nodes(children));
  return element;
}

/**
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function nodes(children) {
  return children.flatMap((child) => {
    if (child === null || child === undefined || child === false) return [];
    if (Array.isArray(child)) return nodes(child);
    return [typeof child === "number" ? String(child) : child];
  });
}
