/**
 * Connects the stages of a producer.
 *
 * @module
 */
import { Delivery } from "./delivery.ts";
import { Grouping } from "./grouping.ts";
import { Intake } from "./intake.ts";
import { Keys } from "./keys.ts";
import { Ledger } from "./ledger.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { Packing } from "./packing.ts";
import { Sender } from "./sender.ts";
import { SendQueue } from "./send_queue.ts";
import { Settlement } from "./settlement.ts";
import { ShardRoutes } from "./shard_routes.ts";
import { ShardWatch } from "./shard_watch.ts";
import type { Supervisor } from "./supervisor.ts";
import { Waiters } from "./waiters.ts";

/** The stages that the producer itself calls. */
export type Stages<T> = ReturnType<typeof connectStages<T>>;

/**
 * Makes the stages in the order in which a value passes them: each knows the stages before it, and
 * calls `supervisor`. `signal` ends all requests and waits.
 *
 * @throws {TypeError} if the dead-letter stream is locked
 */
export function connectStages<T>(
  options: ResolvedProducerOptions<T>,
  supervisor: Supervisor,
  signal: AbortSignal,
) {
  const { lingerMs, ordering, processor, shardRates: rates } = options;
  const quantumMs = Math.min(100, Math.max(10, lingerMs));
  const routes = new ShardRoutes();
  const grouping = new Grouping(ordering, processor.scope, routes);
  const ledger = new Ledger<T>(options, supervisor);
  const queue = new SendQueue<T>({ rates, quantumMs }, routes, grouping);
  const packing = new Packing(
    options,
    { routes, queue, ledger },
    supervisor,
    signal,
  );
  const keys = new Keys(options, packing);
  const waiters = new Waiters<T>(routes);
  const watch = new ShardWatch<T>(
    options,
    { routes, packing, queue, waiters },
    supervisor,
    signal,
  );
  const intake = new Intake(
    options,
    { keys, ledger, packing, queue, waiters, watch },
  );
  const settlement = new Settlement(
    options,
    { routes, watch, grouping, queue, packing, ledger },
    supervisor,
    signal,
  );
  const sender = new Sender(options, routes, supervisor, signal);
  const delivery = new Delivery(
    options,
    { watch, queue, sender, settlement },
    supervisor,
    signal,
  );
  return {
    ledger,
    queue,
    packing,
    keys,
    waiters,
    watch,
    intake,
    settlement,
    delivery,
  };
}
