/**
 * Combines a serializer and a framing to a processor.
 *
 * @module
 */
import { batchFormOf, setBatchForm } from "../_core/batch_form.ts";
import { OptionCheck } from "../_core/option_check.ts";
import type {
  DecodedRecord,
  EncodedRecord,
  KinesisRecord,
  Put,
} from "../records.ts";
import { createDecoderStream } from "./_decoder_stream.ts";
import { createEncoderStream } from "./_encoder_stream.ts";
import { itemOf, itemsOf } from "./_items.ts";
import type { Framing } from "./framing.ts";
import type { RecordBatch, UnpackAll } from "./single.ts";
import type {
  DecoderOptions,
  EncoderOptions,
  Processor,
  Unpacked,
} from "./processor.ts";
import type { Serializer, SerializerProcessor } from "./serializer.ts";

/** Options of {@linkcode createProcessor}. */
export interface CreateProcessorOptions<T> {
  /**
   * Converts one value to bytes and back: `json()`, `string()`, `bytes()`, `msgpack()`,
   * `validated(…)` or your own.
   */
  serializer: Serializer<T>;
  /**
   * Delimits the values in a record: `single()`, `newline()`, `list()`, `netstring()`, `kpl(…)` or
   * your own.
   */
  framing: Framing;
}

/**
 * Makes a processor from any serializer and any framing.
 *
 * @example
 * ```ts
 * import { createProcessor, json, netstring } from "@webstreams/kinesis/processors";
 * import { assertEquals } from "@std/assert";
 *
 * const processor = createProcessor({ serializer: json<number>(), framing: netstring() });
 * assertEquals([processor.name, processor.scope], ["json+netstring", "key"]);
 * ```
 *
 * @throws {TypeError} if `serializer` or `framing` is missing or lacks a method
 */
export function createProcessor<T>(
  options: CreateProcessorOptions<T>,
): Processor<T> {
  const check = new OptionCheck("Cannot create processor");
  check.methods("options", options ?? null);
  const { serializer = null, framing = null } = options;
  return combined(
    check.methods("serializer", serializer, "serialize", "deserialize")!,
    check.methods("framing", framing, "createPacker", "unpack")!,
  );
}

/** Like {@linkcode createProcessor}, for a serializer and a framing of this library. */
export function combined<T>(
  serializer: Serializer<T>,
  framing: Framing,
): Processor<T> {
  return withStreams({
    name: `${serializer.name}+${framing.name}`,
    scope: framing.scope,
    createPacker: (packerOptions) =>
      framing.createPacker(serializer, packerOptions),
    itemOf: (value) => itemOf(serializer, value),
    itemsOf: (record) => itemsOf(framing, serializer, record),
    unpack: unpackOf(serializer, framing),
  });
}

function unpackOf<T>(
  serializer: Serializer<T>,
  framing: Framing,
): (record: KinesisRecord) => Unpacked<T>[] {
  const unpack = (record: KinesisRecord) => framing.unpack(serializer, record);
  const unpackAll = batchFormOf<UnpackAll>(framing.unpack);
  if (!unpackAll) return unpack;
  return setBatchForm(
    unpack,
    (batch: RecordBatch) => unpackAll(serializer, batch),
  );
}

/** A processor that is also usable as its serializer. Its name is the name of the serializer. */
export function serializerProcessor<T>(
  serializer: Serializer<T>,
  framing: Framing,
): SerializerProcessor<T> {
  return { ...combined(serializer, framing), ...serializer };
}

/** Adds the encoder and decoder streams to a processor. */
export function withStreams<T>(
  core: Omit<Processor<T>, "encoder" | "decoder">,
): Processor<T> {
  return {
    ...core,
    encoder(
      options: EncoderOptions = {},
    ): TransformStream<Put<T>, EncodedRecord<Put<T>>> {
      return createEncoderStream(core, options);
    },
    decoder(
      options: DecoderOptions = {},
    ): TransformStream<KinesisRecord, DecodedRecord<T>> {
      return createDecoderStream(core, options);
    },
  };
}
