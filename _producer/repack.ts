/**
 * Gets the serialized values out of records, to pack them again. The values themselves are not
 * serialized again, because the caller may have changed them.
 *
 * @module
 */
import type { ItemsOfRecord, Processor } from "../processors/mod.ts";
import type { EncodedRecord } from "../records.ts";
import type { Pending } from "./pending.ts";

/** Notes which record contains the values. */
export function remember(record: EncodedRecord<Pending<unknown>>): void {
  for (const put of record.puts) {
    put.packed = record;
    put.item = undefined;
  }
}

/**
 * Sets `item` of values from the records that contain them. Values of a record that cannot be
 * unpacked are serialized again. `undefined` if nothing has to be awaited.
 */
export function itemsInside<T>(
  puts: readonly Pending<T>[],
  processor: Processor<T>,
): Promise<unknown> | undefined {
  const records = new Set<EncodedRecord<Pending<T>>>();
  for (const { packed } of puts) {
    if (packed) records.add(packed as EncodedRecord<Pending<T>>);
  }
  const waits: Promise<void>[] = [];
  for (const record of records) {
    const setItems = (items: Awaited<ItemsOfRecord>) => {
      if (!items) return;
      record.puts.forEach((put, i) => put.item = items[i]);
    };
    const items = processor.itemsOf?.(record);
    if (items instanceof Promise) waits.push(items.then(setItems, () => {}));
    else setItems(items);
  }
  return waits.length > 0 ? Promise.all(waits) : undefined;
}
