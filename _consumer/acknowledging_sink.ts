/**
 * Acknowledging by writing: a record is processed when its sink has taken it.
 *
 * @module
 */
import type { ConsumerRecord } from "../records.ts";

/** A sink in front of a sink; backpressure, errors, close and abort pass through. `settled` is awaited before it is closed. */
export function acknowledgingSink<T>(
  sink: WritableStream<ConsumerRecord<T>>,
  settled: () => Promise<void>,
): WritableStream<ConsumerRecord<T>> {
  const writer = sink.getWriter();
  return new WritableStream({
    start(controller) {
      // A sink that fails between two records ends the pipe now, not with the next record.
      writer.closed.catch((error) => controller.error(error));
    },
    async write(record, controller) {
      await writer.ready;
      // Not awaited: the sink decides by its own high-water mark how many it works on.
      writer.write(record).then(
        () => record.ack(),
        (error) => controller.error(error),
      );
    },
    async close() {
      await writer.close();
      await settled();
    },
    abort: (reason) => writer.abort(reason),
  }, { highWaterMark: 1 });
}
