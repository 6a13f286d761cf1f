import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../errors.ts";
import type { ShardMapEvent } from "../../hooks.ts";
import { json, kplString, type Processor } from "../../processors/mod.ts";
import type { Ordering, Producer, ProducerOptions } from "../../producer.ts";
import {
  type FakeClock,
  seeded,
  setUpProducer,
  type StubKinesis,
  unavailable,
} from "./_set_up.ts";
import { deaggregate } from "../interop/kcl/deaggregate.ts";

interface Setup {
  clock: FakeClock;
  client: StubKinesis;
  producer: Producer<string>;
}

function setUp(
  shards: number,
  options: Partial<ProducerOptions<string>> = {},
): Setup {
  return setUpProducer<string>({
    processor: kplString(),
    lingerMs: 5,
    shardRates: false,
    ...options,
  }, shards);
}

/** Writes values of many keys, and resolves with what became of each. */
async function putMany(
  { clock, producer }: Setup,
  name: string,
  count = 200,
): Promise<string[]> {
  const puts = Array.from(
    { length: count },
    (_, i) =>
      producer.put(`${name} ${i}`, { partitionKey: `k${i}` })
        .then(() => "stored", ({ code }) => code as string),
  );
  return await clock.runUntil(Promise.all(puts));
}

/** What the KCL hands out of everything that is stored. */
function readByKcl({ stored, shards }: StubKinesis): string[] {
  return stored.flatMap(({ shardId, key, data }) => {
    const { HashKeyRange: { StartingHashKey, EndingHashKey } } = shards
      .find(({ ShardId }) => ShardId === shardId)!;
    const range = {
      start: BigInt(StartingHashKey),
      end: BigInt(EndingHashKey),
    };
    return deaggregate([{ partitionKey: key, data }], range);
  }).map(({ data }) => new TextDecoder().decode(data));
}

/** Has the service choose the shard of each record. */
function distribute(client: StubKinesis, random = seeded(7)): void {
  client.distribute = () => {
    const open = client.openShardIds;
    return open[Math.floor(random() * open.length)]!;
  };
}

const names = (name: string, count = 200) =>
  Array.from({ length: count }, (_, i) => `${name} ${i}`).sort();

for (const [before, after] of [[4, 2], [2, 4], [3, 5]] as const) {
  Deno.test(`Producer delivers to a stream that was created again with ${after} shards in place of ${before}, and the KCL reads each value once`, async () => {
    const setup = setUp(before);
    await putMany(setup, "old");
    setup.client.remake(after);
    const outcomes = await putMany(setup, "new");
    assertEquals(new Set(outcomes), new Set(["stored"]));
    assertEquals(readByKcl(setup.client).sort(), names("new"));
    assertEquals(setup.client.listings, 2);
    await setup.clock.runUntil(setup.producer.close());
  });
}

Deno.test("Producer waits longer after each ListShards that still shows the old shards, and delivers when it shows the new ones", async () => {
  const setup = setUp(2);
  const { clock, client, producer } = setup;
  await putMany(setup, "old");
  const old = structuredClone(client.shards);
  client.remake(4);
  const fresh = [...client.shards];
  const listed: number[] = [];
  client.onList = () => {
    listed.push(clock.now());
    // What is listed is read after this, and put back for the next request.
    client.shards.splice(0, Infinity, ...(listed.length < 3 ? old : fresh));
    queueMicrotask(() => client.shards.splice(0, Infinity, ...fresh));
  };
  const outcomes = await putMany(setup, "new");
  assertEquals(new Set(outcomes), new Set(["stored"]));
  assertEquals(readByKcl(client).sort(), names("new"));
  assertEquals(listed.map((at, i) => i && at - listed[i - 1]!), [
    0,
    1000,
    2000,
  ]);
  // Sent once for the old shards, and once for the new ones.
  assertEquals(producer.stats().retried, 2);
  await clock.runUntil(producer.close());
});

Deno.test("Producer sends records in the wrong shard again in their order, also when ordering is none", async () => {
  const setup = setUp(1, { processor: kplString({ maxAggregateBytes: 150 }) });
  const { clock, client, producer } = setup;
  await putMany(setup, "old", 2);
  client.split(client.openShardIds[0]!);
  client.stored.length = 0;
  const puts = Array.from(
    { length: 200 },
    (_, n) => producer.put(`${n}`, { partitionKey: `k${n % 4}` }),
  );
  await clock.runUntil(Promise.all(puts));
  assert(producer.stats().retried > 10, `${producer.stats().retried}`);
  const read = Map.groupBy(readByKcl(client).map(Number), (n) => n % 4);
  for (const [key, numbers] of read) {
    assertEquals(numbers, Array.from({ length: 50 }, (_, i) => 4 * i + key));
  }
  await clock.runUntil(producer.close());
});

Deno.test("Producer sends values alone when the shards cannot be listed any more after a reshard", async () => {
  const setup = setUp(1);
  await putMany(setup, "old");
  setup.client.split(setup.client.openShardIds[0]!);
  setup.client.onList = () => {
    throw new ServiceError("Cannot ListShards: AccessDeniedException", {
      code: "AccessDeniedException",
      action: "ListShards",
      status: 400,
    });
  };
  const outcomes = await putMany(setup, "new");
  assertEquals(new Set(outcomes), new Set(["stored"]));
  assertEquals(
    readByKcl(setup.client).sort(),
    [...names("new"), ...names("old")].sort(),
  );
  assert(setup.client.listings <= 4, `${setup.client.listings}`);
  await setup.clock.runUntil(setup.producer.close());
});

Deno.test("Producer sends no value twice when six listings fail after a merge", async () => {
  const setup = setUp(4);
  const { clock, client, producer } = setup;
  await putMany(setup, "old");
  client.stored.length = 0;
  // Values for the shards before the merge, whose answers come late.
  client.latencyMs = 500;
  const puts = putMany(setup, "new");
  const [first, second] = client.openShardIds;
  client.merge(first!, second!);
  let failures = 0;
  client.onList = () => {
    if (failures++ < 6) throw unavailable();
  };
  assertEquals(new Set(await puts), new Set(["stored"]));
  assert(failures > 6, `${failures}`);
  assertEquals(producer.stats().retried, 0);
  assertEquals(readByKcl(client).sort(), names("new"));
  client.stored.length = 0;
  await putMany(setup, "later");
  // Shards are predicted still: one record for each.
  assertEquals(client.stored.length, 3);
  await clock.runUntil(producer.close());
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Producer sends values alone when all listings fail for half a minute after a reshard", async () => {
  const setup = setUp(1);
  const { clock, client } = setup;
  await putMany(setup, "old");
  client.split(client.openShardIds[0]!);
  client.onList = () => {
    throw unavailable();
  };
  const started = clock.now();
  const outcomes = await putMany(setup, "new");
  assertEquals(new Set(outcomes), new Set(["stored"]));
  const waited = clock.now() - started;
  assert(waited >= 30_000 && waited < 60_000, `${waited}`);
  assert(client.listings < 14, `${client.listings}`);
  assertEquals(
    readByKcl(client).sort(),
    [...names("new"), ...names("old")].sort(),
  );
  await clock.runUntil(setup.producer.close());
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Producer.undelivered names the values of a record in the wrong shard until they are sent again", async () => {
  const setup = setUp(1);
  const { clock, client, producer } = setup;
  await putMany(setup, "old", 10);
  client.split(client.openShardIds[0]!);
  let list = () => {};
  client.listAllShards = async function* () {
    await new Promise<void>((resolve) => list = resolve);
    yield* structuredClone(client.shards);
  };
  const puts = Array.from(
    { length: 10 },
    (_, i) => producer.put(`new ${i}`, { partitionKey: `k${i}` }),
  );
  for (const put of puts) put.catch(() => {});
  await clock.advance(1000);
  assertEquals(
    producer.undelivered().map(({ value, attempts }) => [value, attempts]),
    Array.from({ length: 10 }, (_, i) => [`new ${i}`, 1]),
  );
  await producer.abort();
  list();
  await clock.advance(1000);
  for (const put of puts) await assertRejects(() => put);
  assertEquals(producer.stats().delivered, 10);
  assertEquals(readByKcl(client).length, 10);
  assertEquals(clock.pendingTimers, 0);
});

const PROCESSORS: Record<string, () => Processor<string>> = {
  json: () => json<string>(),
  kplString: () => kplString(),
};

for (const name of Object.keys(PROCESSORS)) {
  for (const ordering of ["none", "key", "shard"] as Ordering[]) {
    for (const strategy of ["AUTO", undefined] as const) {
      const told = strategy
        ? "the service says so"
        : "the service says nothing";
      Deno.test(`Producer ceases to predict shards where records do not follow their keys and ${told}, with ${name} and ordering ${ordering}`, async () => {
        const processor = PROCESSORS[name]!();
        const maps: ShardMapEvent[] = [];
        const hooks = {
          onShardMap: (event: ShardMapEvent) => void maps.push(event),
        };
        const setup = setUp(4, { processor, ordering, hooks });
        const { clock, client, producer } = setup;
        for (let i = 0; i < 20; i++) {
          if (i === 1) {
            client.strategy = strategy;
            distribute(client);
          }
          const outcomes = await putMany(setup, `value ${i}`, 50);
          assertEquals(new Set(outcomes), new Set(["stored"]));
          await clock.advance(250);
        }
        // At the start, and for the first surprises.
        assert(client.listings <= (strategy ? 2 : 4), `${client.listings}`);
        assertEquals(maps.map(({ after }) => after.length), [4, 0]);
        const { requests, retried } = producer.stats();
        if (ordering === "none") {
          assert(requests < 60 && retried < 20, `${requests} ${retried}`);
        }
        if (name === "kplString") {
          // The first aggregates came to the wrong shards, and their values were sent again, alone.
          const read = readByKcl(client);
          const all = Array.from(
            { length: 20 },
            (_, i) => names(`value ${i}`, 50),
          );
          assertEquals([...new Set(read)].sort(), all.flat().sort());
          assert(client.stored.length > 900, `${client.stored.length}`);
        }
        await clock.runUntil(producer.close());
        assertEquals(clock.pendingTimers, 0);
      });
    }
  }
}

Deno.test("Producer predicts shards again after a minute in which records followed their keys", async () => {
  const setup = setUp(4);
  const { clock, client, producer } = setup;
  client.strategy = "AUTO";
  distribute(client);
  await putMany(setup, "random");
  client.strategy = "USER_PARTITION_KEY";
  client.distribute = undefined;
  await putMany(setup, "alone");
  await clock.advance(61_000);
  await putMany(setup, "also alone");
  client.stored.length = 0;
  await putMany(setup, "together");
  assertEquals(client.stored.length, 4);
  assertEquals(readByKcl(client).sort(), names("together"));
  await clock.runUntil(producer.close());
});

Deno.test("Producer aggregates nothing from the start when it finds that the stream distributes records by itself", async () => {
  const setup = setUp(4, { createStream: { shardCount: 4 } });
  const { clock, client, producer } = setup;
  client.strategy = "AUTO";
  client.waitUntilActive = async () =>
    (await client.describeStreamSummary()).StreamDescriptionSummary;
  distribute(client);
  await putMany(setup, "value");
  assertEquals(client.stored.length, 200);
  assertEquals(client.listings, 1);
  await clock.runUntil(producer.close());
});
