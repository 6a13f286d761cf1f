/**
 * The encoder stream of a processor: from values with keys to Kinesis records.
 *
 * @module
 */
import { ResettableTimer } from "../_core/resettable_timer.ts";
import { systemClock } from "../_core/clock.ts";
import { BasicCheck } from "../_core/basic_check.ts";
import { timeOption } from "../_core/time_option.ts";
import type { EncodedRecord, Put } from "../records.ts";
import { validateKeys } from "./keys.ts";
import type { EncoderOptions, Processor } from "./processor.ts";

/**
 * Makes the stream of {@linkcode Processor.encoder}. A value that cannot be encoded errors the
 * stream.
 *
 * @throws {RangeError} if an option is out of range
 */
export function createEncoderStream<T>(
  processor: Pick<Processor<T>, "createPacker">,
  options: EncoderOptions,
): TransformStream<Put<T>, EncodedRecord<Put<T>>> {
  const { maxRecordBytes, shardOf, clock = systemClock } = options;
  const lingerMs = timeOption(
    new BasicCheck("Cannot create encoder"),
    "lingerMs",
    options.lingerMs,
    { default: Infinity, least: 0, orNever: true },
  );
  let controller: TransformStreamDefaultController<EncodedRecord<Put<T>>>;
  const packer = processor.createPacker<Put<T>>({
    maxRecordBytes,
    shardOf,
    emit: (record) => controller.enqueue(record),
  });

  const linger = new ResettableTimer(clock, lingerMs, async () => {
    try {
      await packer.flush();
    } catch (error) {
      // Has no effect if the stream has ended in the meantime.
      controller.error(error);
    }
  });

  const transformer: Transformer<Put<T>, EncodedRecord<Put<T>>> & {
    cancel(): void;
  } = {
    start(c) {
      controller = c;
    },
    transform(put) {
      validateKeys(put);
      const full = packer.push(put);
      if (packer.pending === 0) linger.clear();
      else linger.set();
      return full as Promise<void> | undefined;
    },
    async flush() {
      linger.clear();
      await packer.flush();
    },
    // Called when the writable side is aborted or the readable side is cancelled. Older runtimes do
    // not call it; there the timer fires once more without effect.
    cancel: () => linger.clear(),
  };
  return new TransformStream(transformer);
}
