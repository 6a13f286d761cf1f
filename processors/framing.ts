/**
 * What a framing is: how the bytes of values share a Kinesis record.
 *
 * @module
 */
import type { KinesisRecord, Put } from "../records.ts";
import type {
  FrameScope,
  Packer,
  PackerOptions,
  Unpacked,
} from "./processor.ts";
import type { Serializer } from "./serializer.ts";

/** How the bytes of values share a Kinesis record. Stateless: the state of an encoding lives in its packer. */
export interface Framing {
  /** How the values are set apart, for messages: for example `newline`. */
  readonly name: string;
  /** Which values one record may hold. */
  readonly scope: FrameScope;
  /** Makes the state of one encoding. */
  createPacker<T, P extends Put<T>>(
    serializer: Serializer<T>,
    options: PackerOptions<P>,
  ): Packer<P>;
  /** Decodes one record into its values, in order. Never throws for bad data: that is an `error` item. */
  unpack<T>(serializer: Serializer<T>, record: KinesisRecord): Unpacked<T>[];
}
