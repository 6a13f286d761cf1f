/**
 * Work that is repeated, and what became of it last.
 *
 * @module
 */
import { type Clock, delay } from "../../_core/clock.ts";
import type { ErrorLog } from "./error_log.ts";
import type { SourceState, SourceView } from "./snapshot.ts";

/** What a source needs to run. */
export interface SourceSurroundings {
  readonly clock: Clock;
  readonly errors: ErrorLog;
}

/** What became of work that did not throw. */
export interface Outcome {
  /** Whether nothing was learned, so that the source stays as it is. */
  readonly isIdle?: boolean;
  /** An earlier failure that still holds. */
  readonly failure?: string;
}

/** The longest wait after failures, as a multiple of the usual time between two attempts. */
const MOST_PATIENCE = 16;

/** A source of numbers that is asked again and again. */
export class Source {
  readonly name: string;
  readonly #everyMs: number;
  readonly #note: string | undefined;
  #state: SourceState = "waiting";
  #at: number | undefined;
  #message: string | undefined;

  constructor(name: string, everyMs: number, note?: string) {
    this.name = name;
    this.#everyMs = everyMs;
    this.#note = note;
  }

  /** The state. */
  get state(): SourceState {
    return this.#state;
  }

  /** When it succeeded last. */
  get at(): number | undefined {
    return this.#at;
  }

  /** What is shown of it. */
  view(): SourceView {
    const note = this.#message ?? this.#note;
    return {
      name: this.name,
      state: this.#state,
      ...(this.#at !== undefined && { at: this.#at }),
      everyMs: this.#everyMs,
      ...(note !== undefined && { note }),
    };
  }

  /** Marks a success, or a failure with what is shown of it. */
  mark(time: number, failure?: string): void {
    this.#state = failure === undefined ? "on" : "failing";
    this.#message = failure;
    if (failure === undefined) this.#at = time;
  }

  /** Does the work until the signal aborts. After failures that it throws, it waits longer. */
  async repeat(
    work: (signal: AbortSignal) => Promise<Outcome | void>,
    { clock, errors }: SourceSurroundings,
    signal: AbortSignal,
  ): Promise<void> {
    let patience = 1;
    while (!signal.aborted) {
      try {
        const { isIdle, failure } = await work(signal) ?? {};
        if (!isIdle) this.mark(clock.now(), failure);
        patience = 1;
      } catch (error) {
        if (signal.aborted) return;
        const message = textOfError(error);
        this.mark(clock.now(), message);
        errors.add(this.name, message, clock.now());
        patience = Math.min(2 * patience, MOST_PATIENCE);
      }
      const ms = this.#everyMs * (patience === 1 ? 1 : patience / 2);
      await delay(ms, { clock, signal }).catch(() => {});
    }
  }
}

/** An error on one line. */
export function textOfError(error: unknown): string {
  const { message, cause } = error instanceof Error
    ? error
    : { message: `${error}`, cause: undefined };
  const why = cause instanceof Error ? cause.message : "";
  const text = message.includes(why) ? message : `${message}: ${why}`;
  return text.replace(/\s+/g, " ").slice(0, 500);
}
