import {
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
} from "@std/assert";
import { bytes, createProcessor, netstring } from "../../processors/mod.ts";
import type { ProducerOptions } from "../../producer.ts";
import { LimitedKinesis, type Taken, total } from "./_limited_kinesis.ts";
import { FakeClock, seeded, setUpProducer } from "./_set_up.ts";

const MIB = 1024 * 1024;
const NONE = (): Taken => ({ records: [], bytes: [], refused: [] });

interface Load {
  /** Bytes of every value. */
  size: number;
  /** The hash key of the nth value. */
  hashKey: (n: number) => string;
}

/** Keeps a producer as busy as it can be for some seconds. */
async function saturate(
  kinesis: LimitedKinesis,
  clock: FakeClock,
  loads: (Load & { own?: Taken; options?: Partial<ProducerOptions<Value>> })[],
  seconds: number,
): Promise<void> {
  const until = clock.now() + 1000 * seconds;
  const control = new AbortController();
  const piping = loads.map(({ size, hashKey, own, options }, i) => {
    const data = new Uint8Array(size - 1);
    let n = 0;
    const { producer } = setUpProducer<Value>(
      {
        client: kinesis.client(own),
        processor: bytes(),
        partitionKey: () => "k",
        explicitHashKey: () => hashKey(n++),
        bufferedValues: 20_000,
        random: seeded(i),
        signal: control.signal,
        ...options,
      },
      1,
      clock,
    );
    const source = new ReadableStream<Value>({
      pull(out) {
        if (clock.now() < until) out.enqueue(data);
        else out.close();
      },
    }, { highWaterMark: 0 });
    return source.pipeTo(producer).catch(() => {});
  });
  await clock.advance(1000 * seconds);
  control.abort(new Error("enough"));
  await clock.runUntil(Promise.all(piping));
}

type Value = Uint8Array<ArrayBuffer>;

for (
  const { bound, size, limit } of [
    { bound: "records", size: 100, limit: 1000 },
    { bound: "bytes", size: 10_000, limit: MIB },
  ] as const
) {
  Deno.test(`Producer uses a shard to 98 % with less than 1 % of records throttled when its limit is in ${bound}`, async () => {
    const clock = new FakeClock();
    const kinesis = new LimitedKinesis(clock, 1, seeded(1));
    const [shardId] = kinesis.shardIds;
    await saturate(kinesis, clock, [{ size, hashKey: () => "0" }], 60);
    const taken = kinesis.shards.get(shardId!)!;
    const used = total(taken[bound], 0, 60) / (60 * limit);
    const throttled = total(taken.refused) / total(taken.records);
    assertGreaterOrEqual(used, 0.98);
    assertLess(throttled, 0.01);
    // The bucket of the service is full when the first record comes.
    assertLess((taken.refused[0] ?? 0) / taken.records[0]!, 0.01);
  });
}

Deno.test("Producer uses a shard to 98 % with less than 1 % of records throttled when values are packed", async () => {
  const clock = new FakeClock();
  const kinesis = new LimitedKinesis(clock, 1, seeded(4));
  const processor = createProcessor({
    serializer: bytes(),
    framing: netstring(),
  });
  const load = { size: 1000, hashKey: () => "0", options: { processor } };
  await saturate(kinesis, clock, [load], 60);
  const taken = kinesis.shards.get(kinesis.shardIds[0]!)!;
  assertGreaterOrEqual(total(taken.bytes, 0, 60) / (60 * MIB), 0.98);
  assertLess(total(taken.refused) / total(taken.records), 0.01);
  // Packed: 60 MiB are a few hundred records.
  assertLess(total(taken.records), 400);
});

Deno.test("Producers that share a shard come to fair shares of it without a storm", async () => {
  const clock = new FakeClock();
  const kinesis = new LimitedKinesis(clock, 1, seeded(2));
  const owns = [NONE(), NONE()];
  await saturate(
    kinesis,
    clock,
    owns.map((own) => ({ size: 100, hashKey: () => "0", own })),
    60,
  );
  const [a, b] = owns.map(({ records }) => total(records, 20, 60) / 40_000);
  const taken = kinesis.shards.get(kinesis.shardIds[0]!)!;
  const throttled = total(taken.refused, 10, 60) / total(taken.records, 10, 60);
  assertGreaterOrEqual(a! + b!, 0.9);
  assertGreaterOrEqual(Math.min(a!, b!) / Math.max(a!, b!), 0.8);
  assertLess(throttled, 0.05);
});

Deno.test("Producer gives seven shards 95 % of what they get alone when the eighth has a hot key", async () => {
  const run = async (hot: boolean) => {
    const clock = new FakeClock();
    const kinesis = new LimitedKinesis(clock, 8, seeded(3));
    const { producer } = setUpProducer<Value>(
      {
        client: kinesis.client(),
        processor: bytes(),
        bufferedValues: 20_000,
        random: seeded(5),
      },
      1,
      clock,
    );
    // A writer for each shard that has up to 2000 values under way; the hot one never waits.
    const data = new Uint8Array(100);
    const keep = async (shardId: string, most: number) => {
      const explicitHashKey = kinesis.keyOf(shardId);
      while (clock.now() < until) {
        const puts = [];
        for (let i = 0; i < most; i++) {
          const put = producer.put(data, {
            partitionKey: "k",
            explicitHashKey,
          });
          puts.push(put.catch(() => {}));
        }
        await Promise.race([puts[Math.floor(most / 2)], over]);
      }
    };
    const until = clock.now() + 15_000;
    let end!: () => void;
    const over = new Promise<void>((resolve) => end = resolve);
    const [first, ...others] = kinesis.shardIds;
    const writers = others.map((shardId) => keep(shardId, 1000));
    if (hot) writers.push(keep(first!, 50_000));
    await clock.advance(15_000);
    end();
    await Promise.all([...writers, producer.abort("enough")]);
    return others.map((id) => total(kinesis.shards.get(id)!.records, 0, 15));
  };
  const alone = await run(false);
  const beside = await run(true);
  beside.forEach((count, i) => {
    assertGreaterOrEqual(count / alone[i]!, 0.95);
    assertLessOrEqual(count / alone[i]!, 1.05);
  });
});
