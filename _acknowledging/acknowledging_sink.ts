/**
 * A sink that acknowledges the records that another sink has stored.
 *
 * @module
 */
import { isDurableSink, writeDurably } from "../durable_sink.ts";
import { KinesisError } from "../errors.ts";
import type { Acknowledgeable } from "./iterator.ts";

/**
 * Puts a sink in front of `sink` that acknowledges each record after `sink` has stored it.
 * Backpressure, errors, close and abort pass through. Closing waits for `settled`, too.
 *
 * @throws {TypeError} if `sink` is not an unlocked `WritableStream`
 */
export function acknowledgingSink<R>(
  sink: WritableStream<R>,
  settled: () => Promise<void>,
): WritableStream<R & Acknowledgeable> {
  checkSink(sink);
  const writer = sink.getWriter();
  const unstored = new Set<Promise<unknown>>();
  let isAborted = false;
  return new WritableStream({
    start(controller) {
      // If the sink fails between two records, the pipe ends at once.
      writer.closed.catch((error) => controller.error(error));
    },
    async write(record, controller) {
      const fail = (error: unknown) => {
        controller.error(error);
        // controller.error() ends the pipe only. The wrapped sink must be aborted as well.
        writer.abort(error).catch(() => {});
      };
      if (typeof record?.ack !== "function") return fail(withoutAck());
      await writer.ready;
      const isDurable = isDurableSink(sink);
      const { taken, stored } = isDurable
        ? sink[writeDurably](record)
        : { taken: undefined, stored: writer.write(record) };
      unstored.add(stored);
      // Not awaited, so that the sink may work on several records: its high-water mark is the
      // limit.
      stored.then(() => {
        unstored.delete(stored);
        // A sink that listens to the signal of its controller may have returned half-way.
        if (isDurable || !isAborted) record.ack();
      }).catch(fail);
      await taken;
    },
    async close() {
      await writer.close();
      await Promise.all(unstored);
      await settled();
    },
    abort(reason) {
      isAborted = true;
      return writer.abort(reason);
    },
  }, { highWaterMark: 1 });
}

function checkSink(sink: WritableStream | undefined): void {
  if (typeof sink?.getWriter !== "function") {
    throw new TypeError(
      "Cannot acknowledge as 'sink' must be a WritableStream; Writable.toWeb() makes one of a " +
        "Writable of node:stream",
    );
  }
  if (sink.locked) {
    throw new TypeError(
      "Cannot acknowledge as 'sink' must not be locked: another writer or pipe has it",
    );
  }
}

function withoutAck(): KinesisError {
  return new KinesisError(
    "Cannot acknowledge what arrives at the sink as it has no method ack(). What maps records in " +
      "front of the sink must keep it, which {...record} does not: " +
      "{ value: f(record.value), ack: () => record.ack() }",
    { code: "AckMissing" },
  );
}
