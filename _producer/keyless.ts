/**
 * Records without a partition key, for a stream that ignores keys.
 *
 * @module
 */
import { utf8Length } from "../_core/utf8.ts";
import type { EncodedRecord, Put } from "../records.ts";
import type { Pending } from "./pending.ts";

/** A value as a packer sees it that packs values of all keys together. */
export class KeylessPut<T> implements Put<T> {
  /** Stands for `of` while it is packed. All values of a record have the same `partitionKey`. */
  constructor(
    readonly of: Pending<T>,
    readonly partitionKey: string,
  ) {}

  /** The value. */
  get value(): T {
    return this.of.value;
  }

  /** The serialized value, if there is one. */
  get item(): Put<T>["item"] {
    return this.of.item;
  }
}

/**
 * A record of the packer with the values that it stands for. If all of them have one key that the
 * user chose, the record gets this key, unless it would be larger than `maxBytes` then.
 */
export function withValues<T>(
  record: EncodedRecord<Pending<T> | KeylessPut<T>>,
  maxBytes: number,
): EncodedRecord<Pending<T>> {
  const { data } = record;
  const puts = record.puts.map((put) =>
    put instanceof KeylessPut ? put.of : put
  );
  const { partitionKey } = puts[0]!;
  const size = data.length + utf8Length(partitionKey);
  const isOfOneKey = size <= maxBytes &&
    puts.every((put) => put.isKeyed && put.partitionKey === partitionKey);
  return isOfOneKey ? { data, partitionKey, size, puts } : { ...record, puts };
}

/** Whether a record needs no key: its values have no key of the user in common. */
export function needsNoKey(
  { partitionKey, puts }: EncodedRecord<Pending<unknown>>,
): boolean {
  const [first] = puts;
  return !first!.isKeyed || first!.partitionKey !== partitionKey;
}
