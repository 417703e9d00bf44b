// Elements in one expression. Text only ever becomes text: titles come from strangers.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. Properties: attributes by name, `on…` handlers, `style` as an object; null and false are left out. */
export function h(tag, properties, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function svg(tag, properties, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    // Handlers are properties and not listeners, so that a redrawn element can hand them on to the one on the screen.
    if (name.startsWith("on")) element[name] = value;
    // The policy of the page forbids style attributes, but not this.
    else if (name === "style") for (const [rule, to] of Object.entries(value)) element.style.setProperty(rule, to);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}
