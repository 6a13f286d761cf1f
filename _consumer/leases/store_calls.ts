/**
 * Calls of the checkpointer, each within a time limit.
 *
 * @module
 */
import { withTimeLimit } from "../../_core/time_limit.ts";
import { TimeoutError } from "../../errors.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";

/** The options that matter here. */
export type StoreCallOptions = Pick<
  ConsumerSettings,
  "clock" | "failoverTimeMs" | "stream"
>;

/** Calls the checkpointer, and remembers its errors. */
export class StoreCalls {
  readonly #options: StoreCallOptions;
  readonly #errors = new WeakSet<object>();

  /** Calls nothing yet. */
  constructor(options: StoreCallOptions) {
    this.#options = options;
  }

  /** Whether the checkpointer has thrown this error, or was too slow. */
  caused(error: unknown): boolean {
    return typeof error === "object" && error !== null &&
      this.#errors.has(error);
  }

  /** Makes a call within `ms` milliseconds (default: `failoverTimeMs`). */
  async run<R>(
    call: (signal: AbortSignal) => Promise<R>,
    signal?: AbortSignal,
    ms: number = this.#options.failoverTimeMs,
  ): Promise<R> {
    const { clock, stream } = this.#options;
    const onTimeout = () =>
      new TimeoutError(
        `Cannot work on the leases of ${stream}: no answer of the checkpointer within ` +
          `${Math.round(ms)} ms. The limit follows 'failoverTimeMs': ` +
          "if the store is that slow, raise it for all workers",
        { timeoutMs: ms },
      );
    try {
      return await withTimeLimit(call, { ms, clock, signal, onTimeout });
    } catch (error) {
      const isObject = typeof error === "object" && error !== null;
      const failure = isObject ? error : new Error(String(error));
      this.#errors.add(failure);
      throw failure;
    }
  }
}
