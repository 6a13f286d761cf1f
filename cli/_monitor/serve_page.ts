/**
 * Serves the page until the snapshots end.
 *
 * @module
 */
import { systemClock } from "../../_core/clock.ts";
import type { Context } from "../_context.ts";
import { type HttpServer, listen } from "../_http_server.ts";
import { EventFeed } from "./event_feed.ts";
import { openInBrowser } from "./open_in_browser.ts";
import { pageHandler } from "./page_server.ts";
import type { Snapshot } from "./snapshot.ts";

/** Options of the page. */
export interface PageOptions {
  readonly port: number;
  readonly open?: boolean;
}

/** Serves the page until the snapshots end. */
export async function servePage(
  { terminal, isJson }: Context,
  snapshots: AsyncIterable<Snapshot>,
  { port, open }: PageOptions,
): Promise<void> {
  const feed = new EventFeed(systemClock);
  const server: HttpServer = await listen(
    pageHandler(feed, () => server.port),
    port,
    { mostBodyBytes: 0 },
  );
  try {
    const url = `http://127.0.0.1:${server.port}/`;
    if (!isJson()) terminal.note("The page is served until Ctrl-C:");
    await terminal.line(isJson() ? JSON.stringify({ url }) : url);
    if (open) {
      await openInBrowser(url).catch((error) => terminal.note(error.message));
    }
    for await (const snapshot of snapshots) feed.publish(snapshot);
  } finally {
    await feed.end();
    await server.close();
  }
}
