// Which colours are shown: those of the system, or those a person chose here. The choice stays in this browser.

const KEY = "fonoteca-theme";
/** @typedef {"system" | "light" | "dark"} Theme */
/** @type {Theme[]} */
export const THEMES = ["system", "light", "dark"];

/** @returns {Theme} */
export function chosenTheme() {
  try {
    const kept = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === kept) ?? "system";
  } catch {
    return "system"; // Storage may be forbidden; then nothing is remembered.
  }
}

/** @param {string} theme one of THEMES */
export function chooseTheme(theme) {
  document.documentElement.dataset["theme"] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Shown all the same, until the page is loaded again.
  }
}

document.documentElement.dataset["theme"] = chosenTheme();
