/**
 * Hooks of queues that count into the metrics of this library.
 *
 * @module
 */
import type { QueueHooks } from "../queue_hooks.ts";
import { codeOf } from "./_error_code.ts";
import type { Families } from "./_families.ts";

const MS = 1000;

/** Makes hooks that count into these metrics. The label of a queue is the last part of its ARN. */
export function queueHooks({ queue: to }: Families): Required<QueueHooks> {
  return {
    onReceive({ records, bytes, durationMs, ...event }) {
      const of = placeOf(event);
      to.receives.add({ ...of, outcome: records === 0 ? "empty" : "records" });
      to.receiveSeconds.observe(of, durationMs / MS);
      to.records.add(of, records);
      to.bytes.add(of, bytes);
    },
    onReceiveError({ error, ...event }) {
      to.receiveErrors.add({ ...placeOf(event), code: codeOf(error) });
    },
    onEntries({ action, entries, failed, durationMs, ...event }) {
      const of = { ...placeOf(event), action };
      to.entries.add(of, entries);
      to.failedEntries.add(of, failed);
      to.entrySeconds.observe(of, durationMs / MS);
    },
    onVisibilityLost({ heldMs, wasSettled, ...event }) {
      const of = placeOf(event);
      to.lost.add({ ...of, settled: wasSettled ? "yes" : "no" });
      to.heldSeconds.observe(of, heldMs / MS);
    },
    onQueueHandled({ records, failed, durationMs, ...event }) {
      const of = placeOf(event);
      const outcome = failed === 0 ? "ok" : "failed";
      to.handlerSeconds.observe({ ...of, outcome }, durationMs / MS);
      to.handledValues.add({ ...of, outcome: "ok" }, records.length - failed);
      to.handledValues.add({ ...of, outcome: "failed" }, failed);
    },
    onQueueHandlerError({ values, retryDelayMs, ...event }) {
      const then = retryDelayMs === undefined ? "given-up" : "retried";
      to.handlerErrors.add({ ...placeOf(event), then }, values);
    },
    onQueueHandlerTimeout({ state, ...event }) {
      to.handlerTimeouts.add({ ...placeOf(event), state });
    },
  };
}

function placeOf(
  { queueARN, part }: { readonly queueARN: string; readonly part: string },
) {
  return { queue: queueARN.slice(queueARN.lastIndexOf("/") + 1), part };
}
