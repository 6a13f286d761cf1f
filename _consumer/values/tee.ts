/**
 * Acknowledgements for the two branches of `tee()`.
 *
 * @module
 */
import type { ConsumerRecord } from "../../records.ts";

/**
 * Gives each branch copies of the records. A record is acknowledged when all of its copies are.
 */
export function sharedAcknowledgements<T>(
  branches: readonly ReadableStream<ConsumerRecord<T>>[],
): ReadableStream<ConsumerRecord<T>>[] {
  /** How many copies of a record are not acknowledged. */
  const missing = new WeakMap<ConsumerRecord<T>, number>();
  const copyOf = (record: ConsumerRecord<T>): ConsumerRecord<T> => {
    if (!missing.has(record)) missing.set(record, branches.length);
    let isDone = false;
    const ack = () => {
      if (isDone) return;
      isDone = true;
      const left = missing.get(record)! - 1;
      missing.set(record, left);
      if (left === 0) record.ack();
    };
    return {
      ...record,
      // A getter of the class, which the spread does not copy.
      get id() {
        return record.id;
      },
      ack,
    };
  };
  return branches.map((branch) =>
    branch.pipeThrough(
      new TransformStream(
        {
          transform: (record, controller) => controller.enqueue(copyOf(record)),
        },
        { highWaterMark: 1 },
        { highWaterMark: 0 },
      ),
    )
  );
}
