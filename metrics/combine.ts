/**
 * Several hooks as one.
 *
 * @module
 */
import { notify } from "../_core/notify.ts";
import { OptionCheck } from "../_core/option_check.ts";
import type { ClientHooks, ConsumerHooks, ProducerHooks } from "../hooks.ts";
import type { QueueHooks } from "../queue_hooks.ts";

/** The hooks of clients, producers, consumers and queues together. */
export interface AllHooks
  extends ClientHooks, ProducerHooks, ConsumerHooks, QueueHooks {}

const check = new OptionCheck("Cannot combine hooks");

/**
 * Makes hooks that call several others, in their order. An error of one does not keep the next from
 * being called. A hook that none of them has is absent, so nothing is computed for it.
 *
 * @example
 * ```ts
 * import { combineHooks } from "@webstreams/kinesis/metrics";
 * import { assertEquals } from "@std/assert";
 *
 * const seen: string[] = [];
 * const hooks = combineHooks(
 *   { onShard: ({ state }) => void seen.push(state) },
 *   { onShard: ({ shardId }) => void seen.push(shardId) },
 * );
 * const place = { stream: "orders", instance: 1, shardId: "shardId-0" };
 * hooks.onShard?.({ ...place, state: "opened" });
 * assertEquals(seen, ["opened", "shardId-0"]);
 * ```
 *
 * @throws {TypeError} if an argument is not an object
 */
export function combineHooks(...all: readonly AllHooks[]): AllHooks {
  all.forEach((hooks, i) => check.methods(`hooks[${i}]`, hooks ?? null));
  const combined: Record<string, (event: never) => void> = {};
  for (const name of new Set(all.flatMap((hooks) => Object.keys(hooks)))) {
    const having = all.filter((hooks) =>
      hooks[name as keyof AllHooks] !== undefined
    );
    if (having.length === 0) continue;
    combined[name] = (event) => {
      for (const hooks of having) {
        notify(hooks, name as keyof AllHooks, event);
      }
    };
  }
  return combined;
}
