/**
 * Joins small records of one order group. Values that pile up during a round trip then share the
 * next record of their group.
 *
 * @module
 */
import type { OrderGroups } from "./order_groups.ts";
import { type Queued, recordFacts } from "./outgoing.ts";

/**
 * Records up to this size, in bytes, are packed again to share a record. A larger record is worth a
 * round trip of its own.
 */
const SMALL_BYTES = 16_384;
const MOST_JOINED_BYTES = 524_288;

/** The records that wait directly behind `first` and may share a record with it. Removes them. */
export function removeJoinable<T>(
  first: Queued<T>,
  groups: OrderGroups<Queued<T>>,
): readonly Queued<T>[] {
  if (!isSmall(first)) return [];
  let last = first;
  let bytes = first.size;
  return groups.removeBehind(first, (next) => {
    bytes += next.size;
    // After a merge of shards a younger record may wait before an older one. Records in that
    // order stay apart, because one position cannot stand for both.
    if (next.seq < last.seq || bytes > MOST_JOINED_BYTES) return false;
    last = next;
    return isSmall(next);
  });
}

/** A record in the place of the first one, with the values of all. It must be packed again. */
export function joined<T>(items: readonly Queued<T>[]): Queued<T> {
  const [first] = items;
  const record = {
    ...first!.record,
    size: items.reduce((sum, { size }) => sum + size, 0),
    puts: items.flatMap(({ record: { puts } }) => puts),
  };
  return { ...first!, record, ...recordFacts(record) };
}

/**
 * Whether a record may gain from sharing one with others. A record that is full cannot. A record
 * that was sent before stays as it is, because the others do not share its attempts.
 */
function isSmall<T>({ size, isFull, attempts }: Queued<T>): boolean {
  return !isFull && attempts === 0 && size <= SMALL_BYTES;
}
