/**
 * The interface of framings.
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

/**
 * Defines how the values of a Kinesis record are delimited. A framing has no state; its packers do.
 */
export interface Framing {
  /** The name, for messages: for example `newline`. */
  readonly name: string;
  /** Which values can share a record. */
  readonly scope: FrameScope;
  /** Makes a packer, which holds the state of one encoding. */
  createPacker<T, P extends Put<T>>(
    serializer: Serializer<T>,
    options: PackerOptions<P>,
  ): Packer<P>;
  /**
   * Decodes one record into its values, in order. Invalid data never throws: it becomes an `error`
   * item.
   */
  unpack<T>(serializer: Serializer<T>, record: KinesisRecord): Unpacked<T>[];
}
