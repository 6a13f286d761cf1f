/**
 * The connection to the monitor. It is made again for as long as the page is open.
 *
 * @module
 */
import type { StartEvent } from "../_monitor/event_feed.ts";
import type { Snapshot } from "../_monitor/snapshot.ts";
import { byId, clockText, setAttribute, setText } from "./dom.ts";

/** What a connection brings. */
export interface ConnectionEvents {
  onStart(event: StartEvent): void;
  onSnapshot(snapshot: Snapshot): void;
}

/**
 * Connects, and again after a loss: at first after half a second, and then every 3 seconds. A server
 * that says nothing for 25 seconds, where a sign of life comes every 10, is lost too.
 *
 * A hidden page has no connection: browsers allow 6 to a server, so the seventh tab would not even
 * load. The first event of the next connection has what the hidden page has missed.
 */
export function connect({ onStart, onSnapshot }: ConnectionEvents): void {
  let source: EventSource | undefined;
  let silence: ReturnType<typeof setTimeout>;
  let retry: ReturnType<typeof setTimeout>;
  let attempts = 0;
  let lastSeen: number | undefined;
  const close = () => {
    source?.close();
    clearTimeout(silence);
    clearTimeout(retry);
  };
  const lose = () => {
    close();
    showConnection("lost", lastSeen);
    retry = setTimeout(open, Math.min(3_000, 500 * 2 ** attempts++));
  };
  const hear = () => {
    lastSeen = Date.now();
    attempts = 0;
    clearTimeout(silence);
    silence = setTimeout(lose, 25_000);
    showConnection("live", lastSeen);
  };
  const open = () => {
    source = new EventSource("/events");
    silence = setTimeout(lose, 25_000);
    source.addEventListener("error", lose);
    source.addEventListener("ping", hear);
    source.addEventListener("start", ({ data }) => {
      hear();
      onStart(JSON.parse(data));
    });
    source.addEventListener("snapshot", ({ data }) => {
      hear();
      onSnapshot(JSON.parse(data));
    });
  };
  const follow = () => {
    close();
    if (document.visibilityState === "visible") open();
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}

/** Shows whether the numbers are live. */
export function showConnection(
  state: "live" | "lost",
  lastSeen: number | undefined,
): void {
  const isLost = state === "lost";
  setAttribute(document.documentElement, "data-connection", state);
  setText(byId("connection-text"), isLost ? "Disconnected" : "Live");
  setText(
    byId("lost-text"),
    lastSeen === undefined
      ? "The monitor cannot be reached, trying again. Is it still running in its terminal, and are less than 20 pages open?"
      : `Disconnected, trying again. These numbers are of ${
        clockText(lastSeen)
      }. Is the monitor still running in its terminal?`,
  );
  setAttribute(byId("lost"), "hidden", isLost ? undefined : "");
}
