/**
 * Acknowledging by writing: a record is processed when its sink has taken it.
 *
 * @module
 */
import type { ConsumerRecord } from "../records.ts";

/** A sink in front of a sink; backpressure, errors, close and abort pass through. */
export function acknowledgingSink<T>(
  sink: WritableStream<ConsumerRecord<T>>,
): WritableStream<ConsumerRecord<T>> {
  const writer = sink.getWriter();
  return new WritableStream({
    async write(record, controller) {
      await writer.ready;
      // Not awaited: the sink decides by its own high-water mark how many it works on.
      writer.write(record).then(
        () => record.ack(),
        (error) => controller.error(error),
      );
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  }, { highWaterMark: 1 });
}
