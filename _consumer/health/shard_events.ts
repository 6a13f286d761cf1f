/**
 * Calls the hook `onShard` for one shard.
 *
 * @module
 */
import { notify } from "../../_core/notify.ts";
import type { ShardEvent } from "../../hooks.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";

/** The states of one shard that the hook is called with. */
export class ShardEvents {
  readonly #shardId: string;
  readonly #options: Pick<ConsumerSettings, "hooks" | "instance" | "stream">;
  readonly #reported = new Set<ShardEvent["state"]>();

  /** Starts without an event. */
  constructor(
    shardId: string,
    options: Pick<ConsumerSettings, "hooks" | "instance" | "stream">,
  ) {
    this.#shardId = shardId;
    this.#options = options;
  }

  /** Calls the hook, unless it was called with this state before. */
  report(state: ShardEvent["state"]): void {
    if (this.#reported.has(state)) return;
    this.#reported.add(state);
    const { hooks, stream, instance } = this.#options;
    const shardId = this.#shardId;
    notify(hooks, "onShard", { stream, instance, shardId, state });
  }
}
