/**
 * Dark or light: as the system, or as the user has chosen.
 *
 * @module
 */
import { byId, setAttribute, setText } from "./dom.ts";

/** Makes the button that changes the theme, and restores the last choice. */
export function startTheme(): void {
  const themes = ["auto", "light", "dark"];
  const key = "kinesis-monitor-theme";
  const button = byId<HTMLButtonElement>("theme");
  let theme = "auto";
  try {
    theme = localStorage.getItem(key) ?? theme;
  } catch { /* A browser may forbid it: then there is no memory. */ }
  const show = () => {
    if (!themes.includes(theme)) theme = "auto";
    setAttribute(
      document.documentElement,
      "data-theme",
      theme === "auto" ? undefined : theme,
    );
    setText(button, `Theme: ${theme}`);
  };
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length]!;
    try {
      localStorage.setItem(key, theme);
    } catch { /* As above. */ }
    show();
  });
  show();
}
