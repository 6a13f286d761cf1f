/**
 * A producer whose stream is split and merged repeatedly, and the values that were acknowledged.
 *
 * @module
 */
import { delay } from "../../../_core/clock.ts";
import { kplString } from "../../../processors/mod.ts";
import { type Ordering, Producer } from "../../../producer.ts";
import { seeded, StubKinesis } from "../../producer/_stub_kinesis.ts";
import { FakeClock } from "../../_services/fake_clock.ts";
import type { Case } from "./lines.ts";

/** The result of a run. */
export interface LoadResult {
  /** The values that were acknowledged. */
  readonly acknowledged: string[];
  /** All stored records with their shards, in the order of storing. */
  readonly stored: Case[];
  /** How often the stream was resharded. */
  readonly reshards: number;
}

/**
 * Writes `values` values of 40 keys. Three of ten requests find a resharded stream. No answer is
 * lost.
 */
export async function loadWhileResharding(
  { seed, values, ordering }: {
    seed: number;
    values: number;
    ordering: Ordering;
  },
): Promise<LoadResult> {
  const random = seeded(seed);
  const clock = new FakeClock();
  const client = new StubKinesis(clock, 3);
  let reshards = 0;
  client.onPut = async () => {
    await delay(random() * 200, { clock });
    if (random() < 0.3) {
      reshards++;
      const open = client.openShardIds;
      const at = Math.floor(random() * open.length);
      if (open.length > 2 && random() < 0.5) {
        const i = Math.min(at, open.length - 2);
        client.merge(open[i]!, open[i + 1]!);
      } else client.split(open[at]!);
    }
    return undefined;
  };
  const producer = new Producer<string>({
    client,
    streamName: "s",
    processor: kplString({ maxAggregateBytes: 2000 }),
    ordering,
    clock,
    random,
    lingerMs: 20,
    maxBatchRecords: 10,
    shardRates: false,
  });
  const acknowledged: string[] = [];
  const writing = (async () => {
    for (let n = 0; n < values; n++) {
      const value = `value ${n}`;
      producer.put(value, { partitionKey: `key ${n % 40}` })
        .then(() => acknowledged.push(value));
      if (n % 50 === 49) await delay(random() * 100, { clock });
    }
    await producer.close();
  })();
  await clock.runUntil(writing, 1e9);
  const stored = client.stored.map(({ shardId, key, data }) => {
    const range = client.shards.find(({ ShardId }) => ShardId === shardId)!
      .HashKeyRange;
    return {
      name: shardId,
      start: BigInt(range.StartingHashKey),
      end: BigInt(range.EndingHashKey),
      partitionKey: key,
      data,
    };
  });
  return { acknowledged, stored, reshards };
}
