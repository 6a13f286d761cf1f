/**
 * Hooks of queues that count into the metrics of this library.
 *
 * @module
 */
import type { QueueHooks } from "../queue_hooks.ts";
import { codeOf } from "./_error_code.ts";
import type { Families, QueueFamilies } from "./_families.ts";
import { followedBy } from "./_handler_errors.ts";

const MS = 1000;

/** Makes hooks that count into these metrics. The label of a queue is the last part of its ARN. */
export function queueHooks({ queue: to }: Families): Required<QueueHooks> {
  const known = new Set<string>();
  const introduce = (of: QueueLabels) => {
    const key = `${of.part} ${of.queue}`;
    if (known.has(key)) return;
    known.add(key);
    tellZero(to, of);
  };
  return {
    onReceive({ records, bytes, durationMs, ...event }) {
      const of = placeOf(event);
      introduce(of);
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
    onQueueHandlerError(event) {
      for (const [then, values] of followedBy(event)) {
        if (values > 0) {
          to.handlerErrors.add({ ...placeOf(event), then }, values);
        }
      }
    },
    onQueueDecodeError({ decision, ...event }) {
      to.decodeErrors.add({ ...placeOf(event), decision });
    },
    onQueueHandlerTimeout({ state, ...event }) {
      to.handlerTimeouts.add({ ...placeOf(event), state });
    },
  };
}

/** Tells 0 for every series of a queue whose labels are known, see `_introducing.ts`. */
function tellZero(to: QueueFamilies, of: QueueLabels): void {
  for (const settled of ["yes", "no"]) to.lost.add({ ...of, settled }, 0);
  for (const then of ["retried", "given-up", "redelivered"]) {
    to.handlerErrors.add({ ...of, then }, 0);
  }
  for (const state of ["late", "given-up"]) {
    to.handlerTimeouts.add({ ...of, state }, 0);
  }
  for (const decision of ["return", "skip", "fail"]) {
    to.decodeErrors.add({ ...of, decision }, 0);
  }
}

/** The labels of all series of a queue. */
interface QueueLabels {
  readonly [name: string]: string;
  readonly queue: string;
  readonly part: string;
}

function placeOf(
  { queueARN, part }: { readonly queueARN: string; readonly part: string },
): QueueLabels {
  return { queue: queueARN.slice(queueARN.lastIndexOf("/") + 1), part };
}
