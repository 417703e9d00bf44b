// Changes only what differs between the screen and a new drawing. So focus, selected text, half-written forms, opened
// details and a playing recording survive an update that comes while a person looks.

/** @type {("onclick" | "onsubmit" | "oninput" | "onchange" | "onkeydown")[]} */
const HANDLERS = ["onclick", "onsubmit", "oninput", "onchange", "onkeydown"];
/**
 * Attributes that the person changes, not the page.
 * @type {Record<string, string[]>}
 */
const OWN_OF_PERSON = { DETAILS: ["open"], DIALOG: ["open"] };

/**
 * Give `parent` these children. Those with the same `data-key` are the same thing, wherever they stand.
 * @param {Node} parent
 * @param {Node[]} wanted
 */
export function morphChildren(parent, wanted) {
  /** @type {Map<string, ChildNode>} */
  const kept = new Map();
  const keys = new Set(wanted.map(keyOf).filter((key) => key !== null));
  for (const child of [...parent.childNodes]) {
    const key = keyOf(child);
    if (key === null) continue;
    if (keys.has(key)) kept.set(key, child);
    else child.remove(); // First, so that those behind it need not be moved and lose the focus.
  }
  let at = parent.firstChild;
  for (const next of wanted) {
    const match = partner(next, at, kept);
    if (match === null) {
      parent.insertBefore(next, at);
      continue;
    }
    if (match === at) at = match.nextSibling;
    else parent.insertBefore(match, at);
    morph(match, next);
  }
  while (at !== null) {
    const surplus = at;
    at = at.nextSibling;
    surplus.remove();
  }
}

/**
 * @param {Node} next
 * @param {ChildNode | null} at
 * @param {Map<string, ChildNode>} kept
 */
function partner(next, at, kept) {
  const key = keyOf(next);
  const candidate = key === null ? at : (kept.get(key) ?? null);
  if (candidate === null || candidate.nodeName !== next.nodeName) return null;
  return keyOf(candidate) === key ? candidate : null;
}

/** @param {Node} node */
function keyOf(node) {
  return node instanceof Element ? node.getAttribute("data-key") : null;
}

/**
 * @param {Node} old
 * @param {Node} next
 */
function morph(old, next) {
  if (!(old instanceof Element && next instanceof Element)) {
    if (old.nodeValue !== next.nodeValue) old.nodeValue = next.nodeValue;
    return;
  }
  const before = old.getAttribute("value");
  morphAttributes(old, next);
  if (isStyled(old) && isStyled(next)) {
    for (const name of HANDLERS) if (old[name] !== next[name]) Object.assign(old, { [name]: next[name] });
    if (old.style.cssText !== next.style.cssText) old.style.cssText = next.style.cssText;
  }
  morphChildren(old, [...next.childNodes]);
  if (!(old instanceof HTMLInputElement && next instanceof HTMLInputElement)) return;
  // A field is only set when the page wants another value than before, so that nobody loses what they are writing.
  if (before !== next.getAttribute("value") && old !== document.activeElement) old.value = next.value;
}

/**
 * @param {Element} element
 * @returns {element is HTMLElement | SVGElement}
 */
function isStyled(element) {
  return element instanceof HTMLElement || element instanceof SVGElement;
}

/**
 * @param {Element} old
 * @param {Element} next
 */
function morphAttributes(old, next) {
  const untouched = ["style", ...(OWN_OF_PERSON[old.nodeName] ?? [])];
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name) && !untouched.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (untouched.includes(name) || old.getAttribute(name) === value) continue;
    old.setAttribute(name, value);
    if (name === "selected" && old instanceof HTMLOptionElement) old.selected = true;
  }
}
