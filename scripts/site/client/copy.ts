/// <reference lib="dom" />
/**
 * The buttons that copy a block of code.
 *
 * @module
 */

/** How long a button says that it has copied, in milliseconds. */
const SHOWN_MS = 2000;

/** Adds a button to each block of code. */
export function addCopyButtons(): void {
  for (const block of document.querySelectorAll<HTMLElement>(".code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const code = block.querySelector("code")?.textContent ?? "";
      button.textContent = await copy(code) ? "Copied" : "Press Ctrl+C";
      setTimeout(() => button.textContent = "Copy", SHOWN_MS);
    });
    block.append(button);
  }
}

/** Copies a text. Where the page may not, such as over `http:`, selects nothing and says so. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text.replace(/\n$/, ""));
    return true;
  } catch {
    return false;
  }
}
