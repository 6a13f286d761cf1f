/**
 * Answers the requests of the page. It is for the browser of this machine alone.
 *
 * @module
 */
import { PAGE_HTML, PAGE_ICON } from "../_page/html.ts";
import { pageProgram } from "../_page/program.ts";
import { PAGE_STYLE } from "../_page/style.ts";
import type { EventFeed } from "./event_feed.ts";

const SECURITY = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/** The names of this machine that a browser may have asked for. */
const OWN_HOSTS = ["127.0.0.1", "localhost", "[::1]"];

/** Makes the handler of a server, which tells its port when it listens. */
export function pageHandler(
  feed: EventFeed,
  port: () => number,
): (request: Request) => Response {
  const files: Readonly<Record<string, readonly [type: string, text: string]>> =
    {
      "/": ["text/html; charset=utf-8", PAGE_HTML],
      "/page.js": ["text/javascript; charset=utf-8", pageProgram()],
      "/page.css": ["text/css; charset=utf-8", PAGE_STYLE],
      "/icon.svg": ["image/svg+xml", PAGE_ICON],
    };
  return (request) => {
    const refusal = refusalOf(request, port());
    if (refusal) return refusal;
    const { pathname } = new URL(request.url);
    if (pathname === "/events") {
      return feed.hasRoom
        ? answer(200, "text/event-stream", feed.events(request.signal))
        : plain(503, "Too many pages are open");
    }
    const file = Object.hasOwn(files, pathname) ? files[pathname] : undefined;
    return file ? answer(200, ...file) : plain(404, "There is no such page");
  };
}

function refusalOf(
  { method, headers }: Request,
  port: number,
): Response | undefined {
  const host = headers.get("host") ?? "";
  // Another name would be a page of the web whose name was made to mean this machine.
  if (!OWN_HOSTS.some((name) => host.toLowerCase() === `${name}:${port}`)) {
    return plain(403, "This is for 127.0.0.1 and localhost only");
  }
  const origin = headers.get("origin");
  const isLink = headers.get("sec-fetch-mode") === "navigate";
  const site = headers.get("sec-fetch-site") ?? "none";
  const isOwn = site === "none" || site === "same-origin";
  if ((origin !== null && origin !== `http://${host}`) || !(isOwn || isLink)) {
    return plain(403, "Other pages have no access");
  }
  if (method !== "GET") {
    return plain(405, "Only GET is allowed", { allow: "GET" });
  }
}

function plain(status: number, text: string, headers?: HeadersInit): Response {
  return answer(status, "text/plain; charset=utf-8", `${text}\n`, headers);
}

function answer(
  status: number,
  type: string,
  body: BodyInit,
  headers?: HeadersInit,
): Response {
  return new Response(body, {
    status,
    headers: { ...SECURITY, "content-type": type, ...headers },
  });
}
