/**
 * Opens a page in the default browser.
 *
 * @module
 */
import { Failure } from "../_failure.ts";

/** The program that opens a URL. */
const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ["open"],
  // The URL is an argument of its own: no shell reads it.
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/**
 * Opens a URL in the default browser.
 *
 * @throws {Failure} if there is no program that opens it
 */
export async function openInBrowser(url: string): Promise<void> {
  const { spawn } = await import("node:child_process");
  const { platform } = await import("node:process");
  const [program, ...args] = OPENERS[platform] ?? ["xdg-open"];
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program!, [...args, url], {
      stdio: "ignore",
      detached: true,
    });
    child.once("spawn", () => {
      child.unref();
      resolve();
    });
    child.once("error", ({ message }) =>
      reject(
        new Failure(
          `Cannot open a browser (${message}): open the page yourself`,
        ),
      ));
  });
}
