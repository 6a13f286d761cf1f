/**
 * The items of one record while they are being collected.
 *
 * @module
 */
import type { KinesisRecord } from "../records.ts";
import { damagedItem, damagedRecord } from "./_errors.ts";
import type { Unpacked } from "./processor.ts";
import type { Serializer } from "./serializer.ts";

/**
 * How many damaged items of one record are reported one by one. A record of a megabyte can hold half a million, and an error
 * takes a kilobyte: what lies behind these is reported as one.
 */
const MAX_DAMAGED_ITEMS = 1000;

/** Collects the items of one record. Once {@linkcode Unpacking.stopped}, nothing more is to be added. */
export class Unpacking<T> {
  /** What was collected, in order. */
  readonly items: Unpacked<T>[] = [];
  readonly #record: KinesisRecord;
  readonly #format: string;
  readonly #resent: true | undefined;
  #damaged = 0;
  #stopped = false;

  /** Starts with nothing. `format` is what the record is read as, for messages; `resent` is for its values. */
  constructor(record: KinesisRecord, format: string, resent = false) {
    this.#record = record;
    this.#format = format;
    this.#resent = resent ? true : undefined;
  }

  /** Whether nothing more can be read from the record. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Adds a value. */
  add(value: T, partitionKey: string, explicitHashKey?: string): void {
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

  /** Adds what a serializer makes of these bytes: a value or an error. */
  decode(
    serializer: Serializer<T>,
    bytes: Uint8Array<ArrayBuffer>,
    partitionKey: string,
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

  /** Adds an error in the place of one item. */
  damaged(cause: unknown): void {
    if (++this.#damaged > MAX_DAMAGED_ITEMS) {
      return this.stop(
        new Error(`more than ${MAX_DAMAGED_ITEMS} items are damaged`),
      );
    }
    const index = this.items.length;
    this.items.push(damagedItem(this.#record, index, this.#format, cause));
  }

  /** Adds an error in the place of everything that follows. */
  stop(cause: unknown): void {
    const index = this.items.length;
    this.items.push(damagedRecord(this.#record, index, this.#format, cause));
    this.#stopped = true;
  }
}
