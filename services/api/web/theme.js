// Which colours are shown: those of the system, or those a person chose here. The choice stays in this browser.

const KEY = "fonoteca-theme";
export const THEMES = { system: "As the system", light: "Light", dark: "Dark" };

export function chosenTheme() {
  try {
    const kept = localStorage.getItem(KEY);
    return Object.hasOwn(THEMES, kept) ? kept : "system";
  } catch {
    return "system"; // Storage may be forbidden; then nothing is remembered.
  }
}

export function chooseTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Shown all the same, until the page is loaded again.
  }
}

document.documentElement.dataset.theme = chosenTheme();
