/**
 * Sends snapshots to pages as Server-Sent Events.
 *
 * @see {@link https://html.spec.whatwg.org/multipage/server-sent-events.html}
 * @module
 */
import { type Clock, delay } from "../../_core/clock.ts";
import { History, type HistoryView } from "./history.ts";
import type { Snapshot } from "./snapshot.ts";

/** The first event of a connection. */
export interface StartEvent {
  readonly snapshot: Snapshot;
  readonly history: HistoryView;
}

/** A page without news for so long gets a sign of life, in milliseconds. */
const PING_MS = 10_000;
/** How long pages have for their end: so many looks, with so many milliseconds between them. */
const LAST_TURNS = 10;
const LAST_TURN_MS = 20;
/** Pages at one time. */
const MOST_PAGES = 20;

const encoder = new TextEncoder();

/** The newest snapshot, and the pages that wait for the next one. */
export class EventFeed {
  readonly #clock: Clock;
  readonly #history = new History();
  readonly #waiting = new Set<() => void>();
  #newest: Snapshot | undefined;
  #pages = 0;
  #hasEnded = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether another page can connect. */
  get hasRoom(): boolean {
    return this.#pages < MOST_PAGES;
  }

  /** Sends a snapshot to all pages that are ready for it. */
  publish(snapshot: Snapshot): void {
    this.#newest = snapshot;
    this.#history.add(snapshot);
    for (const wake of this.#waiting) wake();
  }

  /** Ends the events of all pages. Resolves soon, also if a page does not take its last event. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    for (const wake of this.#waiting) wake();
    for (let i = 0; i < LAST_TURNS && this.#pages > 0; i++) {
      await delay(LAST_TURN_MS, { clock: this.#clock });
    }
  }

  /**
   * The events of a page. One event is made when the last one was taken, so a slow page gets the
   * newest snapshot and no backlog.
   */
  events(signal: AbortSignal): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#pages++;
    let sent = 0;
    let hasLeft = false;
    const gone = new AbortController();
    const leave = () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#pages--;
      gone.abort();
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    return new ReadableStream({
      pull: async (controller) => {
        if (!this.#hasEnded && (this.#newest?.number ?? 0) <= sent) {
          await this.#news(gone.signal);
        }
        if (hasLeft || this.#hasEnded) {
          leave();
          return controller.close();
        }
        const snapshot = this.#newest;
        if (!snapshot || snapshot.number <= sent) {
          return controller.enqueue(encoder.encode("event: ping\ndata:\n\n"));
        }
        const isFirst = sent === 0;
        sent = snapshot.number;
        const data = isFirst
          ? eventOf("start", snapshot, this.#startOf(snapshot))
          : eventOf("snapshot", snapshot, snapshot);
        controller.enqueue(encoder.encode(data));
      },
      cancel: leave,
    }, { highWaterMark: 0 });
  }

  #startOf(snapshot: Snapshot): StartEvent {
    return { snapshot, history: this.#history.view() };
  }

  /** Resolves with the next snapshot, after a time without one, or when the page has gone. */
  async #news(gone: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const signal = AbortSignal.any([gone, stop.signal]);
    const wake = () => stop.abort();
    this.#waiting.add(wake);
    await delay(PING_MS, { clock: this.#clock, signal }).catch(() => {});
    this.#waiting.delete(wake);
  }
}

function eventOf(event: string, { number }: Snapshot, data: object): string {
  // JSON has no line breaks, so it is one line of data.
  return `retry: 1000\nid: ${number}\nevent: ${event}\ndata: ${
    JSON.stringify(data)
  }\n\n`;
}
