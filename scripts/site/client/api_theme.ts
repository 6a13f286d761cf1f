/// <reference lib="dom" />
/**
 * The theme of the pages of `deno doc`, which is the same as that of the guides. Their styles look at
 * the class `dark` alone, also for the theme of the system.
 *
 * @module
 */
import { chooseTheme, chosenTheme, systemIsDark } from "./theme.ts";

const { classList } = document.documentElement;

function show(theme = chosenTheme()): void {
  const isDark = theme ? theme === "dark" : systemIsDark.matches;
  classList.toggle("dark", isDark);
  const button = document.getElementById("theme-toggle");
  if (!button) return;
  button.style.removeProperty("display");
  button.setAttribute("aria-pressed", String(isDark));
  // The first image is a moon, the second one is a sun.
  const [moon, sun] = button.children;
  moon?.classList.toggle("hidden", isDark);
  sun?.classList.toggle("hidden", !isDark);
}

// Before anything is drawn, and again when the button is there.
show();
document.addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("theme-toggle");
  button?.setAttribute("aria-label", "Dark theme");
  button?.addEventListener("click", () => {
    const theme = classList.contains("dark") ? "light" : "dark";
    chooseTheme(theme);
    show(theme);
  });
  show();
});
systemIsDark.addEventListener("change", () => show());
