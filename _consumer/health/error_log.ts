/**
 * The last error of each shard, for the status.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../../_core/clock.ts";
import { hears, notify } from "../../_core/notify.ts";
import type { LastError } from "../../health.ts";
import type { ConsumerHooks, ReadErrorEvent } from "../../hooks.ts";
import { momentOf } from "./moment.ts";
import { HOOK_NAMES } from "../options/resolved_options.ts";

/** Listens to the hook `onReadError`, through which all errors pass that are tried again. */
export class ErrorLog {
  readonly #clock: Clock;
  /** By shard id; `undefined` for errors that are not about one shard. */
  readonly #last = new Map<
    string | undefined,
    { readonly event: ReadErrorEvent; readonly at: number }
  >();

  /** Starts empty. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The last error of a shard, or the last one that was not about one shard. */
  of(shardId: string | undefined): LastError | undefined {
    const last = this.#last.get(shardId);
    if (!last) return undefined;
    const { event: { error, attempt }, at } = last;
    return { error, attempt, ...momentOf(at, this.#clock) };
  }

  /** Forgets the shards that are not there any more. */
  keepOnly(isThere: (shardId: string) => boolean): void {
    for (const shardId of this.#last.keys()) {
      if (shardId !== undefined && !isThere(shardId)) {
        this.#last.delete(shardId);
      }
    }
  }

  /** Hooks that note each error and then call those of the user. */
  listen(hooks: ConsumerHooks | undefined): ConsumerHooks {
    const listening: ConsumerHooks = {};
    for (const name of HOOK_NAMES) forward(name, listening, hooks);
    const note = (event: ReadErrorEvent) => {
      this.#last.set(event.shardId, { event, at: monotonicNow(this.#clock) });
      notify(hooks, "onReadError", event);
    };
    return Object.defineProperty(listening, "onReadError", { value: note });
  }
}

/**
 * The hook is looked up when it is asked for: programs may set it later. It is absent while that of
 * the user is absent.
 */
function forward<K extends keyof ConsumerHooks>(
  name: K,
  from: ConsumerHooks,
  to: ConsumerHooks | undefined,
): void {
  const call = (event: Parameters<typeof notify<ConsumerHooks, K>>[2]) =>
    notify(to, name, event);
  Object.defineProperty(from, name, {
    configurable: true,
    get: () => hears(to, name) ? call : undefined,
  });
}
