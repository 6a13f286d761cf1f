/// <reference lib="dom" />
/**
 * The dark and the light theme. Without a choice, the theme is that of the system.
 *
 * @module
 */

/** The choice in the storage. */
const ENTRY = "theme";

/** The theme of the system. */
export const systemIsDark: MediaQueryList = matchMedia(
  "(prefers-color-scheme: dark)",
);

/** The theme that was chosen. */
export function chosenTheme(): "dark" | "light" | undefined {
  try {
    const theme = localStorage.getItem(ENTRY);
    return theme === "dark" || theme === "light" ? theme : undefined;
  } catch {
    return undefined; // Some browsers throw on any use of the storage in a page from a file.
  }
}

/** Stores a choice. Where there is no storage, the choice lasts until the page is left. */
export function chooseTheme(theme: "dark" | "light"): void {
  try {
    localStorage.setItem(ENTRY, theme);
  } catch {
    // See above.
  }
}

/** Connects the button. */
export function setUpTheme(): void {
  const button = document.querySelector<HTMLElement>("[data-theme]");
  if (!button) return;
  const { classList } = document.documentElement;
  const isDark = () =>
    classList.contains("dark") ||
    (systemIsDark.matches && !classList.contains("light"));
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    classList.remove("dark", "light");
    classList.add(theme);
    chooseTheme(theme);
    show();
  });
  systemIsDark.addEventListener("change", show);
  show();
}
