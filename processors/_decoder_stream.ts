/**
 * From a stream of records to a stream of values, over any processor.
 *
 * @module
 */
import type { DecodedRecord, KinesisRecord } from "../records.ts";
import type { DecoderOptions, Processor, Unpacked } from "./processor.ts";

/**
 * Makes the stream of {@linkcode Processor.decoder}.
 *
 * A transform stream drops what waits in its queue when it errors: the values of a record in front of a poison one would
 * be lost. So records wait in the transform stream, its readable side is replaced by one that pulls values out of
 * them, and an error waits until the values in front of it were taken.
 */
export function createDecoderStream<T>(
  processor: Pick<Processor<T>, "unpack">,
  { onPoison = "fail" }: DecoderOptions,
): TransformStream<KinesisRecord, DecodedRecord<T>> {
  const gate = new TransformStream<KinesisRecord, KinesisRecord>();
  const records = gate.readable.getReader();
  let failure: { error: unknown } | undefined;

  /** Enqueues what can be; returns how many that were. */
  async function take(
    record: KinesisRecord,
    controller: ReadableStreamDefaultController<DecodedRecord<T>>,
  ): Promise<number> {
    let taken = 0;
    try {
      const unpacked = processor.unpack(record);
      const items = Array.isArray(unpacked) ? unpacked : await unpacked;
      for (const item of items) {
        if (item.type === "value") {
          controller.enqueue(decodedRecord(record, item));
          taken++;
        } else if (onPoison === "fail") throw item.error;
        else if (onPoison !== "skip") await onPoison(item.error);
      }
    } catch (error) {
      failure = { error };
    }
    return taken;
  }

  const readable = new ReadableStream<DecodedRecord<T>>({
    async pull(controller) {
      while (true) {
        if (failure) {
          // The source learns why; whether it likes to be cancelled is its own business.
          await records.cancel(failure.error).catch(() => {});
          throw failure.error;
        }
        const { done, value } = await records.read();
        if (done) return controller.close();
        if (await take(value, controller) > 0) return;
      }
    },
    cancel: (reason) => records.cancel(reason),
  }, { highWaterMark: 0 });
  return Object.defineProperty(gate, "readable", {
    value: readable,
  }) as TransformStream<unknown, unknown> as TransformStream<
    KinesisRecord,
    DecodedRecord<T>
  >;
}

/** A value with everything known about where it came from. */
export function decodedRecord<T>(
  record: KinesisRecord,
  item: Extract<Unpacked<T>, { type: "value" }>,
): DecodedRecord<T> {
  return {
    value: item.value,
    streamName: record.streamName,
    shardId: record.shardId,
    partitionKey: item.partitionKey,
    explicitHashKey: item.explicitHashKey,
    sequenceNumber: record.sequenceNumber,
    subSequenceNumber: item.subSequenceNumber,
    approximateArrivalTimestamp: record.approximateArrivalTimestamp,
  };
}
