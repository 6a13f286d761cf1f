/** ListShards fails or hangs while records can be written. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { DeliveryError, ServiceError } from "../../errors.ts";
import {
  json,
  jsonLines,
  kplJson,
  type Processor,
} from "../../processors/mod.ts";
import type { ProducerOptions } from "../../producer.ts";
import {
  answered,
  connectionLost,
  seeded,
  setUpProducer,
  unavailable,
} from "./_set_up.ts";

function setUp(options: Partial<ProducerOptions<number>> = {}) {
  return setUpProducer<number>({
    processor: json<number>(),
    partitionKey: (n) => `k${n % 5}`,
    ...options,
  }, 2);
}

const outages: Record<string, () => void | Promise<void>> = {
  throttled: () => {
    throw answered("LimitExceededException", "ListShards", true);
  },
  unavailable: () => {
    throw unavailable();
  },
  "connection lost": () => {
    throw connectionLost();
  },
  hanging: () => new Promise(() => {}),
};

for (const [name, onList] of Object.entries(outages)) {
  Deno.test(`Producer goes on without shards when ListShards alone is out of order: ${name}`, async () => {
    for (const processor of [json<number>(), kplJson<number>()]) {
      for (const maxAttempts of [1, 20]) {
        const { clock, client, producer } = setUp({ processor, maxAttempts });
        client.onList = onList;
        const started = clock.now();
        const puts = Promise.all([1, 2, 3].map((n) => producer.put(n)));
        await clock.runUntil(puts);
        // The linger time comes on top of the three seconds.
        assert(clock.now() - started <= 3200);
        assertEquals(client.stored.length, 3);
        await clock.runUntil(producer.close());
        assertEquals(clock.pendingTimers, 0);
      }
    }
  });
}

Deno.test("Producer lists the shards again after the time that ListShards asks to wait", async () => {
  const { clock, client, producer } = setUp({ maxAttempts: 1 });
  const times: number[] = [];
  client.onList = () => {
    times.push(clock.now());
    throw new ServiceError("Cannot ListShards: too many requests", {
      code: "LimitExceededException",
      action: "ListShards",
      status: 400,
      retryable: true,
      retryAfterMs: 30_000,
    });
  };
  for (let n = 0; n < 60; n++) {
    await clock.runUntil(producer.put(n));
    await clock.advance(1000);
  }
  await clock.runUntil(producer.close());
  // The first list is not tried again, and the second one waits for nothing but the backoff.
  const [, second, third] = times;
  assert(third! - second! >= 30_000);
});

Deno.test("Producer keeps its promise of order when the shards become known late", async () => {
  const processors: (() => Processor<number>)[] = [
    json<number>,
    jsonLines<number>,
    kplJson<number>,
  ];
  for (const make of processors) {
    for (const ordering of ["none", "key", "shard"] as const) {
      const processor = make();
      const { clock, client, producer } = setUp({
        processor,
        ordering,
        bufferedValues: 200,
      });
      const random = seeded(7);
      const started = clock.now();
      client.latencyMs = 60;
      client.onList = () => {
        if (clock.now() - started < 4000) throw unavailable();
      };
      client.onPut = (request) =>
        client.storeSome(
          request,
          () => random() < 0.1 ? "InternalFailure" : undefined,
        );
      const source = async function* () {
        for (let n = 0; n < 1000; n++) {
          if (n % 10 === 0) await delay(60, { clock });
          yield n;
        }
      };
      await clock.runUntil(producer.putAll(source()));
      await clock.runUntil(producer.close());
      const what = `${processor.name} ${ordering}`;
      const stored: { n: number; shardId: string }[] = [];
      for (const { key, data, shardId, sequenceNumber } of client.stored) {
        const items = await processor.unpack({
          streamName: "s",
          shardId,
          sequenceNumber,
          partitionKey: key,
          data,
        });
        for (const item of items) {
          if (item.type === "error") throw item.error;
          stored.push({ n: item.value, shardId });
        }
      }
      assertEquals(new Set(stored.map(({ n }) => n)).size, 1000, what);
      if (processor.scope === "shard") {
        // The values share records again once the shards are known.
        assert(client.stored.length < 950, what);
      }
      if (ordering === "none") continue;
      const byShard = ordering === "shard" && processor.scope !== "key";
      const last = new Map<unknown, number>();
      for (const { n, shardId } of stored) {
        const group = byShard ? shardId : n % 5;
        assert(n > (last.get(group) ?? -1), `${what}: ${n} in ${group}`);
        last.set(group, n);
      }
    }
  }
});

Deno.test("Producer lists the shards again with growing pauses, and only while it sends", async () => {
  const { clock, client, producer } = setUp();
  client.onList = () => {
    throw unavailable();
  };
  await clock.runUntil(producer.put(0));
  const first = client.listings;
  await clock.advance(600_000);
  // The try that was planned when the first value was sent.
  assert(client.listings <= first + 1);
  const before = client.listings;
  for (let n = 1; n <= 600; n++) {
    await clock.runUntil(producer.put(n));
    await clock.advance(1000);
  }
  // Once a minute in the end.
  const tries = client.listings - before;
  assert(tries >= 10 && tries <= 30, `${tries}`);
  assertEquals(producer.stats().delivered, 601);
  await clock.runUntil(producer.close());
});

Deno.test("Producer uses a first list that comes late, and ignores what refuses it late", async () => {
  for (const isRefused of [false, true]) {
    const maps: number[] = [];
    const { clock, client, producer } = setUp({
      hooks: { onShardMap: ({ after }) => void maps.push(after.length) },
    });
    client.onList = async () => {
      await delay(10_000, { clock });
      if (isRefused) throw answered("ResourceNotFoundException", "ListShards");
    };
    client.onStatus = () => {
      throw answered("ResourceNotFoundException", "DescribeStreamSummary");
    };
    await clock.runUntil(producer.put(1));
    assertEquals(maps, []);
    await clock.advance(10_000);
    assertEquals(maps, isRefused ? [] : [2]);
    await clock.runUntil(producer.put(2));
    await clock.runUntil(producer.close());
  }
});

Deno.test("Producer fails at once when ListShards says that the stream does not exist, or that the call is malformed", async () => {
  for (const code of ["ResourceNotFoundException", "ValidationException"]) {
    const { clock, client, producer } = setUp();
    client.onList = () => {
      throw answered(code, "ListShards");
    };
    client.onStatus = () => {
      throw answered(code, "DescribeStreamSummary");
    };
    const error = await assertRejects(
      () => clock.runUntil(producer.put(1), 1000),
      DeliveryError,
    );
    assertEquals(error.code, code);
    assertEquals(client.requests.length, 0);
  }
});
