/**
 * Packing values again that were packed before: they are taken out of their records, since the caller may have changed them.
 *
 * @module
 */
import type { ItemsOfRecord, Packer, Processor } from "../processors/mod.ts";
import type { EncodedRecord } from "../records.ts";
import type { Pending } from "./pending.ts";

/** What packing values again needs. */
export interface Repacking<T> {
  /** Takes records apart. */
  readonly processor: Processor<T>;
  /** Makes a packer for values that are packed apart from all others. */
  createPacker(
    emit: (record: EncodedRecord<Pending<T>>) => void,
  ): Packer<Pending<T>>;
  /** A value cannot be packed any more. */
  refused(pending: Pending<T>, error: unknown): void;
}

/** Notes in what record values are, so that they can be taken out of it. */
export function remember(record: EncodedRecord<Pending<unknown>>): void {
  for (const put of record.puts) {
    put.packed = record;
    put.item = undefined;
  }
}

/** Packs values into new records. Never rejects. */
export async function repack<T>(
  puts: readonly Pending<T>[],
  { processor, createPacker, refused }: Repacking<T>,
): Promise<EncodedRecord<Pending<T>>[]> {
  const records: EncodedRecord<Pending<T>>[] = [];
  const inside = new Set<Pending<T>>();
  const packer = createPacker((record) => {
    for (const put of record.puts) inside.delete(put);
    remember(record);
    records.push(record);
  });
  // No turn of the event loop where none is needed: the shards may change in it.
  const unpacking = unpack(puts, processor);
  if (unpacking) await unpacking;
  for (const put of puts) {
    // Refused when these values were packed again the last time.
    if (put.givenUp) continue;
    inside.add(put);
    try {
      const packing = packer.push(put);
      if (packing) await packing;
    } catch (error) {
      inside.delete(put);
      refused(put, error);
    }
  }
  try {
    await packer.flush();
  } catch (error) {
    for (const put of inside) refused(put, error);
  }
  return records;
}

/** Gives values their serialized form; those that cannot be taken out of their record are serialized again. */
function unpack<T>(
  puts: readonly Pending<T>[],
  processor: Processor<T>,
): Promise<unknown> | undefined {
  const records = new Set<EncodedRecord<Pending<T>>>();
  for (const { packed } of puts) {
    if (packed) records.add(packed as EncodedRecord<Pending<T>>);
  }
  const waits: Promise<void>[] = [];
  for (const record of records) {
    const hand = (items: Awaited<ItemsOfRecord>) => {
      if (!items) return;
      record.puts.forEach((put, i) => put.item = items[i]);
    };
    const items = processor.itemsOf?.(record);
    if (items instanceof Promise) waits.push(items.then(hand, () => {}));
    else hand(items);
  }
  return waits.length > 0 ? Promise.all(waits) : undefined;
}
