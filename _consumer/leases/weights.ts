/**
 * Weighs shards by the load that their holders have measured.
 *
 * @module
 */
import type { Lease, LeaseLoad } from "../../checkpoint/mod.ts";

/**
 * What a shard weighs without any load, in average loads: its requests, its renewals and its place
 * in memory. A worker with idle shards only is not given idle shards without end.
 */
const BASE = 0.1;
/**
 * Average loads below these count as these: a difference between shards that are all nearly idle
 * is no reason to move one.
 */
const LEAST_MEAN = { recordsPerSecond: 5, bytesPerSecond: 5120 };
/** The lag that counts as much as an average load, in milliseconds. Longer lags count the same. */
const FULL_LAG_MS = 300_000;

/** How heavy a shard is. The average shard with a measured load weighs about 1.1. */
export interface Weight {
  /** The whole weight. */
  readonly total: number;
  /** The part that was measured, which changes all the time. 0 if nothing was measured. */
  readonly measured: number;
}

/** A shard among shards of unknown load. */
const ONE: Weight = { total: 1, measured: 0 };

/**
 * Returns the weights of leases, relative to the average load of these leases:
 *
 * - 0.1 for being a shard;
 * - its load, divided by the average load: the mean of the two ratios of bytes and of records, or
 *   the ratio of bytes if the records are not known;
 * - up to 1 for its lag: a shard that is behind will be read faster than it was.
 *
 * A shard without a load weighs as much as the average of the others. If no lease has a load, each
 * weighs 1.
 *
 * Example: of 8 shards, 7 have 100 records/s and one has 1000, each of 1 KB. The average is 212
 * records/s. So the 7 weigh 0.1 + 100 / 212 = 0.57 each, and the busy one weighs 4.81.
 */
export function weightsOf(leases: readonly Lease[]): (lease: Lease) => Weight {
  const loads = leases.flatMap(({ load }) => isUsable(load) ? [load] : []);
  if (loads.length === 0) return () => ONE;
  const means = {
    bytesPerSecond: meanOf("bytesPerSecond", loads),
    recordsPerSecond: meanOf("recordsPerSecond", loads),
  };
  const measured = (load: LeaseLoad) =>
    ratioOf(load, means) +
    Math.min(1, (load.millisBehindLatest ?? 0) / FULL_LAG_MS);
  const sum = loads.reduce((sum, load) => sum + measured(load), 0);
  const average = { total: BASE + sum / loads.length, measured: 0 };
  return ({ load }) => {
    if (!isUsable(load)) return average;
    const part = measured(load);
    return { total: BASE + part, measured: part };
  };
}

/** A checkpointer of the user may return anything. */
function isUsable(load: LeaseLoad | undefined): load is LeaseLoad {
  if (!load) return false;
  const { bytesPerSecond, recordsPerSecond = 0, millisBehindLatest = 0 } = load;
  return [bytesPerSecond, recordsPerSecond, millisBehindLatest]
    .every((amount) => Number.isFinite(amount) && amount >= 0);
}

type Rates = Required<typeof LEAST_MEAN>;

function meanOf(name: keyof Rates, loads: readonly LeaseLoad[]): number {
  let count = 0;
  let sum = 0;
  for (const { [name]: rate } of loads) {
    if (rate === undefined) continue;
    count++;
    sum += rate;
  }
  return Math.max(LEAST_MEAN[name], count === 0 ? 0 : sum / count);
}

function ratioOf(
  { bytesPerSecond, recordsPerSecond }: LeaseLoad,
  means: Rates,
): number {
  const ofBytes = bytesPerSecond / means.bytesPerSecond;
  if (recordsPerSecond === undefined) return ofBytes;
  return (ofBytes + recordsPerSecond / means.recordsPerSecond) / 2;
}
