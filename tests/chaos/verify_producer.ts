/**
 * The rules that a producer must keep for every value in every schedule.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Item } from "./items.ts";
import type { ProducerOutcome } from "./producer_run.ts";
import type { ProducerSchedule } from "./producer_schedule.ts";
import { placeOf, type StoredValue } from "./stored.ts";

/**
 * Values between the source of a pipe and the producer when the pipe is aborted: the value that was
 * being pulled. A pipe does not report what happened to it.
 */
const MOST_IN_PIPE = 1;

/** Throws if a rule was broken. */
export function verifyProducer(
  schedule: ProducerSchedule,
  outcome: ProducerOutcome,
): void {
  const stored = outcome.stored.flatMap(({ values }) => values);
  const copies = Map.groupBy(stored, ({ value }) => value.id);
  checkValues(outcome, stored);
  checkReceipts(outcome, stored);
  const reported = checkReports(schedule, outcome);
  checkLosses(schedule, outcome, copies, reported);
  checkDuplicates(outcome, copies);
  if (schedule.options.ordering !== "none") {
    checkOrder(stored, reported, ({ value }) => value.key);
  }
  // `ordering: "shard"` orders the records of a shard. It orders the values too if values of
  // different keys are not packed into different records. A reshard keeps only the order of keys.
  const reshards = schedule.incidents.some(({ type }) => type !== "gone");
  const isOfValues = ["json", "kplJson"].includes(schedule.processor);
  if (schedule.options.ordering === "shard" && isOfValues && !reshards) {
    checkOrder(
      stored,
      reported,
      ({ shardId, value }) => `${shardId} from ${sourceOf(value)}`,
    );
  }
}

/** Checks that all stored values were written, and that none was changed. */
function checkValues(
  { piped, puts }: ProducerOutcome,
  stored: readonly StoredValue<Item>[],
): void {
  const written = new Map(
    [...piped, ...puts.map(({ item }) => item)].map((item) => [item.id, item]),
  );
  for (const { value, partitionKey } of stored) {
    assertEquals(value, written.get(value.id));
    assertEquals(partitionKey, value.key);
  }
}

/** Checks that each receipt names the position of a record that contains the value. */
function checkReceipts(
  { puts }: ProducerOutcome,
  stored: readonly StoredValue<Item>[],
): void {
  const byPlace = Map.groupBy(stored, placeOf);
  for (const { item, receipt } of puts) {
    if (!receipt) continue;
    const ids = byPlace.get(placeOf(receipt))?.map(({ value }) => value.id);
    assert(
      ids?.includes(item.id),
      `${item.id} is not at ${placeOf(receipt)}, there is ${ids}`,
    );
    assert(receipt.attempts >= 1);
  }
}

/**
 * Checks that each value has at most one outcome. Returns the ids of the values that were reported
 * as not delivered.
 */
function checkReports(
  { end, deadLetter }: ProducerSchedule,
  { puts, dead, undelivered, error, stats }: ProducerOutcome,
): Set<string> {
  const rejected = puts.filter((put) => put.error !== undefined);
  const byPut = new Set(rejected.map(({ item }) => item.id));
  const received = puts.filter((put) => put.receipt !== undefined);
  const reported = new Set<string>();
  for (const { value: { id } } of dead) {
    assert(!reported.has(id), `${id} is twice in the dead letters`);
    reported.add(id);
  }
  const buried = new Set(reported);
  const open = new Set<string>();
  for (const { value: { id } } of undelivered) {
    assert(!open.has(id), `${id} is twice undelivered`);
    // A dead letter that was being written when the producer was aborted may have arrived.
    assert(!buried.has(id) || end === "abort", `${id} is dead and undelivered`);
    open.add(id);
    reported.add(id);
  }
  for (const id of byPut) {
    assert(!buried.has(id), `${id} is in the dead letters and rejected`);
    reported.add(id);
  }
  for (const { item: { id } } of received) {
    assert(!reported.has(id), `${id} is acknowledged and reported`);
  }
  if (error === undefined) {
    assertEquals(open.size, 0, "closed, and something is undelivered");
    assertEquals(stats.bufferedValues, 0);
    assertEquals(stats.failed, reported.size);
    if (!deadLetter) assertEquals(reported.size, byPut.size);
  } else if (
    error !== null && typeof error === "object" && "failures" in error
  ) {
    const failures = error.failures as typeof undelivered;
    assertEquals(
      failures.map(({ value }) => value.id).sort(),
      [...open].sort(),
      "the error and undelivered() list the same",
    );
  } else {
    assertEquals(end, "abort", `closing failed: ${error}`);
  }
  return reported;
}

/** Checks that all values without a report are stored. */
function checkLosses(
  { end }: ProducerSchedule,
  { piped, puts, error, stats }: ProducerOutcome,
  copies: ReadonlyMap<string, unknown>,
  reported: ReadonlySet<string>,
): void {
  const isLost = ({ id }: Item) => !copies.has(id) && !reported.has(id);
  const lostPuts = puts.map(({ item }) => item).filter(isLost);
  assertEquals(lostPuts.map(({ id }) => id), [], "put and lost");
  const inPipe = error === undefined ? 0 : MOST_IN_PIPE;
  const lost = piped.slice(0, piped.length - inPipe).filter(isLost);
  assertEquals(lost.map(({ id }) => id), [], "piped and lost");
  if (error === undefined) {
    assertEquals(
      stats.delivered,
      piped.length + puts.length - reported.size,
      "delivered as counted",
    );
    assert(end !== "abort" || piped.length > 0);
  }
}

/**
 * Checks that the answers of all copies of a value but one were lost. A record with values of many
 * keys may be stored in a wrong shard after a split. It is sent again, and readers drop the first
 * copy, which `copies` does not contain.
 */
function checkDuplicates(
  { acknowledged }: ProducerOutcome,
  copies: ReadonlyMap<string, readonly StoredValue<Item>[]>,
): void {
  for (const [id, places] of copies) {
    const answered = places.filter((it) => acknowledged.has(placeOf(it)));
    assert(
      answered.length <= 1,
      `${id} was sent again though its answer arrived: ${
        answered.map(placeOf)
      }`,
    );
  }
}

/** Checks that the first copies of the values of each group are in the order of writing. */
function checkOrder(
  stored: readonly StoredValue<Item>[],
  reported: ReadonlySet<string>,
  groupOf: (stored: StoredValue<Item>) => string,
): void {
  const seen = new Set<string>();
  const last = new Map<string, Item>();
  for (const it of stored) {
    const { value } = it;
    if (seen.has(value.id)) continue;
    seen.add(value.id);
    // Given up, but stored: no later value waited for it.
    if (reported.has(value.id)) continue;
    const group = groupOf(it);
    const before = last.get(group);
    assert(
      !before || before.n < value.n,
      `${value.id} came behind ${before?.id}, in ${group}`,
    );
    last.set(group, value);
  }
}

function sourceOf({ id }: Item): string {
  return id.slice(0, id.indexOf("-"));
}
