/**
 * Hooks that count into the metrics of this library.
 *
 * @module
 */
import type { ClientHooks } from "../hooks.ts";
import type { AllHooks } from "./combine.ts";
import { consumerHooks } from "./_consumer_counting.ts";
import { outcomeOf } from "./_error_code.ts";
import type { Families } from "./_families.ts";
import { producerHooks } from "./_producer_counting.ts";
import { queueHooks } from "./_queue_counting.ts";

const MS = 1000;

/**
 * Makes hooks that count into these metrics. Without `perShard`, the lag is the greatest and the
 * rate the least of all shards.
 */
export function countingHooks(to: Families, perShard: boolean): AllHooks {
  return {
    ...clientHooks(to),
    ...producerHooks(to, perShard),
    ...consumerHooks(to, perShard),
    ...queueHooks(to),
  };
}

function clientHooks(to: Families): ClientHooks {
  return {
    onAttempt({ action, durationMs, error, requestBytes, responseBytes }) {
      to.attempts.add({ action, outcome: outcomeOf(error) });
      to.attemptSeconds.observe({ action }, durationMs / MS);
      to.requestBytes.add({ action }, requestBytes);
      to.responseBytes.add({ action }, responseBytes);
    },
  };
}
