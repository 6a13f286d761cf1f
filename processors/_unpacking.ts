/**
 * Collects the items of one record during unpacking.
 *
 * @module
 */
import type { KinesisRecord } from "../records.ts";
import { damagedItem, damagedRecord } from "./_errors.ts";
import type { Unpacked } from "./processor.ts";
import type { Serializer, TextCodec } from "./serializer.ts";

/**
 * The most damaged items of one record that are reported one by one. The rest of the record is then
 * reported as one error. A record of 1 MB can hold 500 000 damaged items, and an error takes about
 * 1 KB of memory.
 */
const MAX_DAMAGED_ITEMS = 1000;

/**
 * Collects the items of one record. Add nothing after {@linkcode Unpacking.stopped} becomes true.
 */
export class Unpacking<T> {
  /** The collected items, in order. */
  readonly items: Unpacked<T>[] = [];
  readonly #record: KinesisRecord;
  readonly #format: string;
  readonly #resent: true | undefined;
  #damaged = 0;
  #stopped = false;

  /**
   * Starts without items. `format` names the expected format, for error messages; `resent` is for
   * the items.
   */
  constructor(record: KinesisRecord, format: string, resent = false) {
    this.#record = record;
    this.#format = format;
    this.#resent = resent ? true : undefined;
  }

  /** Whether the rest of the record cannot be read. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Adds a value. */
  add(
    value: T,
    partitionKey: string | undefined,
    explicitHashKey?: string,
  ): void {
    const type = "value";
    const subSequenceNumber = this.items.length;
    const resent = this.#resent;
    this.items.push(
      explicitHashKey === undefined
        ? resent === undefined
          ? { type, value, partitionKey, subSequenceNumber }
          : { type, value, partitionKey, subSequenceNumber, resent }
        : {
          type,
          value,
          partitionKey,
          explicitHashKey,
          subSequenceNumber,
          ...(resent && { resent }),
        },
    );
  }

  /** Decodes bytes with a serializer and adds the value, or an error if that fails. */
  decode(
    serializer: Serializer<T>,
    bytes: Uint8Array<ArrayBuffer>,
    partitionKey: string | undefined,
    explicitHashKey?: string,
  ): void {
    let value: T;
    try {
      value = serializer.deserialize(bytes);
    } catch (cause) {
      return this.damaged(cause);
    }
    this.add(value, partitionKey, explicitHashKey);
  }

  /** Parses a text and adds the value, or an error if that fails. */
  parse(
    codec: TextCodec<T>,
    text: string,
    partitionKey: string | undefined,
    explicitHashKey?: string,
  ): void {
    let value: T;
    try {
      value = codec.parse(text);
    } catch (cause) {
      return this.damaged(cause);
    }
    this.add(value, partitionKey, explicitHashKey);
  }

  /** Adds an error for one item. */
  damaged(cause: unknown): void {
    if (++this.#damaged > MAX_DAMAGED_ITEMS) {
      return this.stop(
        new Error(`more than ${MAX_DAMAGED_ITEMS} items are damaged`),
      );
    }
    const index = this.items.length;
    this.items.push(damagedItem(this.#record, index, this.#format, cause));
  }

  /** Adds an error for the rest of the record. */
  stop(cause: unknown): void {
    const index = this.items.length;
    this.items.push(damagedRecord(this.#record, index, this.#format, cause));
    this.#stopped = true;
  }
}
