/**
 * A sink that acknowledges the records that it has written.
 *
 * @module
 */
import type { ConsumerRecord } from "../records.ts";

/**
 * Wraps a sink. Backpressure, errors, close and abort pass through. Closing resolves after
 * `settled` has resolved.
 */
export function acknowledgingSink<T>(
  sink: WritableStream<ConsumerRecord<T>>,
  settled: () => Promise<void>,
): WritableStream<ConsumerRecord<T>> {
  const writer = sink.getWriter();
  return new WritableStream({
    start(controller) {
      // If the sink fails between two records, the pipe ends at once.
      writer.closed.catch((error) => controller.error(error));
    },
    async write(record, controller) {
      await writer.ready;
      // Not awaited: the high-water mark of the sink decides how many records it works on.
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
