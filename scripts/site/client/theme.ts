/// <reference lib="dom" />
/**
 * The button for the dark and the light theme. Without a choice, the theme is that of the system.
 *
 * @module
 */

/** The choice in the storage, which the pages of the API reference use as well. */
const ENTRY = "theme";

/** Connects the button. */
export function setUpTheme(): void {
  const button = document.querySelector<HTMLElement>("[data-theme]");
  if (!button) return;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const { classList } = document.documentElement;
  const isDark = () =>
    classList.contains("dark") ||
    (system.matches && !classList.contains("light"));
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    classList.remove("dark", "light");
    classList.add(theme);
    store(theme);
    show();
  });
  system.addEventListener("change", show);
  show();
}

/** Some browsers throw on any use of the storage in a page from a file. */
function store(theme: string): void {
  try {
    localStorage.setItem(ENTRY, theme);
  } catch {
    // The theme then lasts until the page is left.
  }
}
