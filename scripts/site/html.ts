/**
 * Small helpers for HTML and for addresses relative to a page.
 *
 * @module
 */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Makes a text safe in the content of an element and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** The address of one file of the site in another one. Both paths are relative to the site. */
export function relativeUrl(from: string, to: string): string {
  const fromFolders = from.split("/").slice(0, -1);
  const toParts = to.split("/");
  let shared = 0;
  while (
    shared < fromFolders.length && shared < toParts.length - 1 &&
    fromFolders[shared] === toParts[shared]
  ) shared++;
  const up = "../".repeat(fromFolders.length - shared);
  return up + toParts.slice(shared).map(encodeURIComponent).join("/");
}

/**
 * Resolves the path of a link against the file that has the link, both relative to one root.
 * Undefined if the link leaves the root.
 */
export function resolvePath(from: string, path: string): string | undefined {
  const parts = from.split("/").slice(0, -1);
  for (const part of path.split("/")) {
    if (part === "..") {
      if (parts.length === 0) return undefined;
      parts.pop();
    } else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
