// Makes what is on the screen like what was drawn anew, by changing only what differs. So focus, selected text,
// half-written forms, opened details and a playing recording survive an update that comes while a person looks.

const HANDLERS = ["onclick", "onsubmit", "oninput", "onchange", "onkeydown"];
/** Attributes that the person looking changes, not the page. */
const THEIRS = { DETAILS: ["open"], DIALOG: ["open"] };

/** Give `parent` these children. Those with the same `data-key` are the same thing, wherever they stand. */
export function morphChildren(parent, wanted) {
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
    if (match === at) at = at.nextSibling;
    else parent.insertBefore(match, at);
    morph(match, next);
  }
  while (at !== null) {
    const surplus = at;
    at = at.nextSibling;
    surplus.remove();
  }
}

function partner(next, at, kept) {
  const key = keyOf(next);
  const candidate = key === null ? at : (kept.get(key) ?? null);
  if (candidate === null || candidate.nodeName !== next.nodeName) return null;
  return keyOf(candidate) === key ? candidate : null;
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("data-key") : null;
}

function morph(old, next) {
  if (next.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== next.nodeValue) old.nodeValue = next.nodeValue;
    return;
  }
  const before = old.getAttribute("value");
  morphAttributes(old, next);
  for (const name of HANDLERS) if (old[name] !== next[name]) old[name] = next[name];
  if (old.style.cssText !== next.style.cssText) old.style.cssText = next.style.cssText;
  morphChildren(old, [...next.childNodes]);
  // A field is only set when the page wants another value than before, so that nobody loses what they are writing.
  if (old.nodeName === "INPUT" && before !== next.getAttribute("value") && old !== document.activeElement) {
    old.value = next.value;
  }
}

function morphAttributes(old, next) {
  const theirs = ["style", ...(THEIRS[old.nodeName] ?? [])];
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name) && !theirs.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (theirs.includes(name) || old.getAttribute(name) === value) continue;
    old.setAttribute(name, value);
    if (name === "selected") old.selected = true;
  }
}
