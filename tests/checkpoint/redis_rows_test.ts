import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import type { Redis } from "ioredis";
import { RedisCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisError, StoredLeaseError } from "../../errors.ts";
import { hasRedis, startRedis } from "../_services/redis.ts";
import {
  assertStored,
  AT_128,
  created,
  held,
  newLease,
  SHARD,
  STREAM,
} from "../conformance/checkpointer/fixtures.ts";
import { closeIoRedis, openIoRedis } from "./_redis_fixtures.ts";
import { DAMAGED, readers, ROW } from "./_rows.ts";

const KEY = "@webstreams/kinesis:lease:app:orders";
const PLACE = `field "${SHARD}" of "${KEY}"`;

if (await hasRedis()) {
  const server = await startRedis();
  Deno.test.afterAll(() => server.close());

  /** Registers a test with an empty server and a checkpointer named "app" on it. */
  const test = (
    name: string,
    body: (redis: Redis, checkpointer: RedisCheckpointer) => Promise<void>,
  ) =>
    Deno.test(`RedisCheckpointer ${name}`, async () => {
      const redis = openIoRedis(server.port);
      try {
        await redis.flushall();
        await body(redis, new RedisCheckpointer({ redis, name: "app" }));
      } finally {
        await closeIoRedis(redis);
      }
    });

  test("stores rows in the documented layout", async (redis, checkpointer) => {
    const timestamp = new Date(1_700_000_000_123);
    await created(checkpointer, {
      checkpoint: { type: "AT_TIMESTAMP", timestamp },
      parentShardIds: ["parent"],
    });
    assertEquals(await redis.keys("*"), [KEY]);
    assertEquals(await redis.ttl(KEY), -1);
    const { version, ...row } = JSON.parse((await redis.hget(KEY, SHARD))!);
    assertEquals(row, {
      format: 1,
      counter: 0,
      checkpoint: { type: "AT_TIMESTAMP", timestamp: 1_700_000_000_123 },
      parentShardIds: ["parent"],
    });
    assert(version.length > 0);
  });

  test(
    "reads rows that format 1 has always had",
    async (redis, checkpointer) => {
      const checkpoint = {
        type: "SEQUENCE",
        sequenceNumber: "49",
        subSequenceNumber: 3,
      } as const;
      await redis.hset(
        KEY,
        SHARD,
        JSON.stringify({ ...ROW, counter: 41, checkpoint, version: "x" }),
      );
      const lease = {
        ...newLease(),
        owner: "worker-1",
        counter: 41,
        checkpoint,
      };
      await assertStored(checkpointer, [lease]);
    },
  );

  test(
    "reads and writes a row that another program wrote in other words",
    async (redis, checkpointer) => {
      // No version, other spaces, another order of the fields.
      const row = `{ "counter": 1, "owner": "worker-1", "parentShardIds": [],
      "checkpoint": { "type": "LATEST" }, "format": 1 }`;
      await redis.hset(KEY, SHARD, row);
      const lease = { ...newLease(), owner: "worker-1", counter: 1 };
      const next = await checkpointer.checkpoint(lease, AT_128);
      assertEquals([next?.counter, next?.checkpoint], [2, AT_128]);
    },
  );

  test("gives every pair of name and stream a key of its own", async (redis) => {
    const pairs = [["a:b", "c"], ["a", "b:c"], ["a%3Ab", "c"], ["{a}", "{c}"]];
    for (const [name, streamName] of pairs as [string, string][]) {
      await created(new RedisCheckpointer({ redis, name }), { streamName });
    }
    assertEquals((await redis.keys("*")).sort(), [
      "@webstreams/kinesis:lease:a%253Ab:c",
      "@webstreams/kinesis:lease:a%3Ab:c",
      "@webstreams/kinesis:lease:a:b:c",
      "@webstreams/kinesis:lease:{a}:{c}",
    ]);
  });

  test(
    "leaves no key behind when all leases of a stream are deleted",
    async (redis, checkpointer) => {
      const lease = await held(checkpointer);
      assertEquals(await checkpointer.delete(lease), true);
      assertEquals(await redis.keys("*"), []);
    },
  );

  test(
    "keeps counters exact up to the largest integer",
    async (redis, checkpointer) => {
      const counter = Number.MAX_SAFE_INTEGER - 1;
      const row = { ...ROW, counter, parentShardIds: ["p"] };
      await redis.hset(KEY, SHARD, JSON.stringify(row));
      const lease = { ...newLease(), owner: "worker-1", counter };
      for (const other of [counter - 1, counter + 1]) {
        const stale = { ...lease, counter: other };
        assertEquals(await checkpointer.renew(stale), undefined);
      }
      const next = await checkpointer.renew(lease);
      assertEquals(next?.counter, Number.MAX_SAFE_INTEGER);
      const stored = JSON.parse((await redis.hget(KEY, SHARD))!);
      assertEquals(stored.counter, Number.MAX_SAFE_INTEGER);
    },
  );

  test(
    "names a damaged row and leaves it alone",
    async (redis, checkpointer) => {
      const rows = [
        ...DAMAGED.map(([value, fault]) =>
          [JSON.stringify(value), fault] as const
        ),
        ["", "it is not a lease"],
        ["{", "it is not a lease"],
        ["null", "it is not a lease"],
      ] as const;
      for (const [text, fault] of rows) {
        await redis.hset(KEY, SHARD, text);
        for (const call of readers(checkpointer)) {
          const error = await assertRejects(
            call,
            StoredLeaseError,
            `Cannot use the lease at ${PLACE} as ${fault}`,
          );
          assertInstanceOf(error, KinesisError);
          assertEquals(error.code, "LeaseDamaged");
          assertEquals(error.retryable, false);
          assertEquals(error.streamName, STREAM);
          assertEquals(error.shardId, SHARD);
          assertEquals(error.key, PLACE);
        }
        assertEquals(await checkpointer.create(newLease()), false);
        assertEquals(await redis.hget(KEY, SHARD), text);
      }
    },
  );

  test(
    "goes by what a lease says now, also if the caller has changed the object",
    async (_redis, checkpointer) => {
      const lease = await created(checkpointer);
      const taken = await checkpointer.take({ ...lease }, "worker-1");
      Object.assign(lease, { owner: "worker-1", counter: 1 });
      const next = await checkpointer.renew(lease);
      assertEquals(next, { ...taken, counter: 2 });
      Object.assign(lease, { shardId: "absent", counter: 2 });
      assertEquals(await checkpointer.renew(lease), undefined);
    },
  );

  test(
    "names a row that is damaged while its lease is held",
    async (redis, checkpointer) => {
      const lease = await held(checkpointer);
      const text = JSON.stringify({ ...ROW, checkpoint: null });
      await redis.hset(KEY, SHARD, text);
      await assertRejects(() => checkpointer.renew(lease), StoredLeaseError);
      assertEquals(await redis.hget(KEY, SHARD), text);
    },
  );

  test(
    "refuses a row of a newer format and leaves it alone",
    async (redis, checkpointer) => {
      const text = JSON.stringify({ ...ROW, format: 2, counter: "one" });
      await redis.hset(KEY, SHARD, text);
      for (const call of readers(checkpointer)) {
        const error = await assertRejects(
          call,
          StoredLeaseError,
          `Cannot use the lease at ${PLACE} as its format is 2 and this release knows up to 1`,
        );
        assertEquals(error.code, "LeaseFormatTooNew");
      }
      assertEquals(await redis.hget(KEY, SHARD), text);
    },
  );

  test(
    "rejects with the error of Redis when the key holds something else",
    async (redis, checkpointer) => {
      await redis.set(KEY, "text");
      for (const call of readers(checkpointer)) {
        await assertRejects(call, Error, "WRONGTYPE");
      }
      await assertRejects(
        () => checkpointer.create(newLease()),
        Error,
        "WRONGTYPE",
      );
      assertEquals(await redis.get(KEY), "text");
    },
  );

  test(
    "rejects a value that is not a lease and changes nothing",
    async (_redis, checkpointer) => {
      const lease = await held(checkpointer);
      const timestamp = new Date(NaN);
      await assertRejects(
        () =>
          checkpointer.checkpoint(lease, { type: "AT_TIMESTAMP", timestamp }),
        TypeError,
        `Cannot store the lease of shard "${SHARD}" of stream "${STREAM}" as 'checkpoint.timestamp' must be`,
      );
      await assertRejects(
        () => checkpointer.take(lease, ""),
        TypeError,
        "'owner' must be a text that is not empty",
      );
      await assertRejects(
        () => checkpointer.create(newLease({ streamName: "" })),
        TypeError,
        "'streamName' must be a text that is not empty",
      );
      await assertStored(checkpointer, [lease]);
    },
  );
}
