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
      const code = block.querySelector("code");
      if (!code) return;
      button.textContent = await copy(code) ? "Copied" : "Press Ctrl+C";
      setTimeout(() => button.textContent = "Copy", SHOWN_MS);
    });
    block.append(button);
  }
}

/** Copies the code. Where the page may not, such as over `http:`, selects it and returns false. */
async function copy(code: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(code.innerText.replace(/\n$/, ""));
    return true;
  } catch {
    getSelection()?.selectAllChildren(code);
    return false;
  }
}
