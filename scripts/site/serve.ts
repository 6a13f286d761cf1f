/**
 * Serves a built site on a loopback port, below a folder, as GitHub Pages does.
 *
 * @module
 */

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
};

/** A running server. */
export interface SiteServer extends AsyncDisposable {
  /** The address of the start page. */
  readonly url: string;
  /** Resolves when the server has ended. */
  readonly finished: Promise<void>;
}

/** Starts the server. Unknown addresses get the page 404.html. */
export function serveSite(site: URL, folder = "/kinesis/"): SiteServer {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      const path = pathname.startsWith(folder)
        ? pathname.slice(folder.length)
        : "404.html";
      return await answer(site, path || "index.html", 200) ??
        await answer(site, "404.html", 404) ??
        new Response("Not found", { status: 404 });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}${folder}`,
    finished: server.finished,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function answer(
  site: URL,
  path: string,
  status: number,
): Promise<Response | undefined> {
  try {
    const body = await Deno.readFile(new URL(path, site));
    const type = TYPES[path.split(".").at(-1)!] ?? "text/plain; charset=utf-8";
    return new Response(body, { status, headers: { "content-type": type } });
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.IsADirectory
    ) return undefined;
    throw error;
  }
}
