/**
 * The decoder stream of a processor: from Kinesis records to values.
 *
 * @module
 */
import { recordId } from "../record_id.ts";
import type { DecodedRecord, KinesisRecord } from "../records.ts";
import type { DecoderOptions, Processor, Unpacked } from "./processor.ts";

/**
 * Makes the stream of {@linkcode Processor.decoder}.
 *
 * A TransformStream discards its queue when it errors, so values before a poison value would be
 * lost. To avoid this, the TransformStream queues records, not values. Its readable side is
 * replaced by a stream that decodes one record per pull and errors only after all values before the
 * error were read.
 */
export function createDecoderStream<T>(
  processor: Pick<Processor<T>, "unpack">,
  { onPoison = "fail" }: DecoderOptions,
): TransformStream<KinesisRecord, DecodedRecord<T>> {
  const input = new TransformStream<KinesisRecord, KinesisRecord>();
  const records = input.readable.getReader();
  let failure: { error: unknown } | undefined;

  /** Enqueues the values of a record up to the first error. Returns their number. */
  async function enqueueValues(
    record: KinesisRecord,
    controller: ReadableStreamDefaultController<DecodedRecord<T>>,
  ): Promise<number> {
    let count = 0;
    try {
      const unpacked = processor.unpack(record);
      const items = Array.isArray(unpacked) ? unpacked : await unpacked;
      for (const item of items) {
        if (item.type === "value") {
          controller.enqueue(new Decoded(record, item));
          count++;
        } else if (onPoison === "fail") throw item.error;
        else if (onPoison !== "skip") await onPoison(item.error);
      }
    } catch (error) {
      failure = { error };
    }
    return count;
  }

  const readable = new ReadableStream<DecodedRecord<T>>({
    async pull(controller) {
      while (true) {
        if (failure) {
          // Cancels the source with the error. A failure of the source's own cancel is ignored.
          await records.cancel(failure.error).catch(() => {});
          throw failure.error;
        }
        const { done, value } = await records.read();
        if (done) return controller.close();
        if (await enqueueValues(value, controller) > 0) return;
      }
    },
    cancel: (reason) => records.cancel(reason),
  }, { highWaterMark: 0 });
  return Object.defineProperty(input, "readable", {
    value: readable,
  }) as TransformStream<unknown, unknown> as TransformStream<
    KinesisRecord,
    DecodedRecord<T>
  >;
}

/** A decoded value with the position of its record. A class, so that `id` costs nothing unread. */
class Decoded<T> implements DecodedRecord<T> {
  readonly value: T;
  readonly streamName: string;
  readonly streamARN?: string;
  readonly shardId: string;
  readonly partitionKey?: string;
  readonly explicitHashKey?: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
  readonly approximateArrivalTimestamp?: Date;

  constructor(
    record: KinesisRecord,
    item: Extract<Unpacked<T>, { type: "value" }>,
  ) {
    this.value = item.value;
    this.streamName = record.streamName;
    this.streamARN = record.streamARN;
    this.shardId = record.shardId;
    this.partitionKey = item.partitionKey;
    this.explicitHashKey = item.explicitHashKey;
    this.sequenceNumber = record.sequenceNumber;
    this.subSequenceNumber = item.subSequenceNumber;
    this.approximateArrivalTimestamp = record.approximateArrivalTimestamp;
  }

  get id(): string {
    return recordId(this);
  }

  /** JSON has the fields only, and `id` is none. */
  toJSON(): DecodedRecord<T> {
    return { ...this, id: this.id };
  }
}
