import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { KinesisError, StoredLeaseError } from "../../errors.ts";
import { KvCheckpointer } from "../../checkpoint/kv.ts";
import {
  assertStored,
  created,
  held,
  newLease,
  SHARD,
  STREAM,
} from "../conformance/checkpointer/fixtures.ts";
import { withKv } from "./_kv_fixtures.ts";
import { DAMAGED, readers, ROW } from "./_rows.ts";

const KEY = ["@webstreams/kinesis", "lease", "app", STREAM, SHARD];
const KEY_TEXT =
  '["@webstreams/kinesis", "lease", "app", "orders", "shardId-000000000000"]';

Deno.test("KvCheckpointer stores rows in the documented layout", () =>
  withKv(async (kv, checkpointer) => {
    const timestamp = new Date(1_700_000_000_123);
    await created(checkpointer, {
      checkpoint: { type: "AT_TIMESTAMP", timestamp },
      parentShardIds: ["parent"],
    });
    assertEquals((await kv.get(KEY)).value, {
      format: 1,
      counter: 0,
      checkpoint: { type: "AT_TIMESTAMP", timestamp: 1_700_000_000_123 },
      parentShardIds: ["parent"],
    });
  }));

Deno.test("KvCheckpointer reads rows that format 1 has always had", () =>
  withKv(async (kv, checkpointer) => {
    await kv.set(KEY, {
      format: 1,
      owner: "worker-1",
      counter: 41,
      checkpoint: {
        type: "SEQUENCE",
        sequenceNumber: "49",
        subSequenceNumber: 3,
      },
      parentShardIds: [],
    });
    await assertStored(checkpointer, [{
      ...newLease(),
      owner: "worker-1",
      counter: 41,
      checkpoint: {
        type: "SEQUENCE",
        sequenceNumber: "49",
        subSequenceNumber: 3,
      },
    }]);
  }));

Deno.test("KvCheckpointer has room for the longest name and ids of Kinesis", () =>
  withKv(async (kv) => {
    const name = "€".repeat(256);
    const checkpointer = new KvCheckpointer({ kv, name });
    const streamName =
      `arn:aws-us-gov:kinesis:us-gov-west-1:123456789012:stream/${
        "s".repeat(128)
      }`;
    const ids = { streamName, shardId: "t".repeat(128) };
    const parentShardIds = ["p".repeat(128), "q".repeat(128)];
    await held(checkpointer, "w".repeat(256), { ...ids, parentShardIds });
  }));

/** More damage, which JSON cannot express. */
const NOT_JSON: typeof DAMAGED = [
  [7n, "it is not a lease"],
  [{ ...ROW, counter: 1n }, "'counter' must be a whole number from 0"],
  [
    { ...ROW, checkpoint: { type: "AT_TIMESTAMP", timestamp: NaN } },
    "'checkpoint.timestamp' must be a valid time",
  ],
];

Deno.test("KvCheckpointer names a damaged row and leaves it alone", () =>
  withKv(async (kv, checkpointer) => {
    for (const [value, fault] of [...DAMAGED, ...NOT_JSON]) {
      await kv.set(KEY, value);
      for (const call of readers(checkpointer)) {
        const error = await assertRejects(
          call,
          StoredLeaseError,
          `Cannot use the lease at ${KEY_TEXT} as ${fault}`,
        );
        assertInstanceOf(error, KinesisError);
        assertEquals(error.name, "StoredLeaseError");
        assertEquals(error.code, "LeaseDamaged");
        assertEquals(error.retryable, false);
        assertEquals(error.streamName, STREAM);
        assertEquals(error.shardId, SHARD);
        assertEquals(error.key, KEY_TEXT);
      }
      assertEquals((await kv.get(KEY)).value, value);
    }
    assertEquals(await checkpointer.create(newLease()), false);
  }));

Deno.test("KvCheckpointer refuses a row of a newer format and leaves it alone", () =>
  withKv(async (kv, checkpointer) => {
    const value = { ...ROW, format: 2, counter: "one" };
    await kv.set(KEY, value);
    for (const call of readers(checkpointer)) {
      const error = await assertRejects(
        call,
        StoredLeaseError,
        `Cannot use the lease at ${KEY_TEXT} as its format is 2 and this release knows up to 1`,
      );
      assertEquals(error.code, "LeaseFormatTooNew");
    }
    assertEquals((await kv.get(KEY)).value, value);
  }));

Deno.test("KvCheckpointer names a foreign key among its own", () =>
  withKv(async (kv, checkpointer) => {
    for (const extra of [["x"], [1, new Uint8Array(2)]]) {
      const key = [...KEY, ...extra];
      await kv.set(key, ROW);
      await assertRejects(
        () => checkpointer.list(STREAM),
        StoredLeaseError,
        `Cannot use the lease at ${KEY_TEXT.slice(0, -1)}, `,
      );
      await kv.delete(key);
    }
    const prefix = KEY.slice(0, -1);
    await kv.set([...prefix, 7], ROW);
    await assertRejects(
      () => checkpointer.list(STREAM),
      StoredLeaseError,
      "7]",
    );
  }));

Deno.test("KvCheckpointer rejects a value that is not a lease and changes nothing", () =>
  withKv(async (_kv, checkpointer) => {
    const lease = await held(checkpointer);
    const timestamp = new Date(NaN);
    await assertRejects(
      () => checkpointer.checkpoint(lease, { type: "AT_TIMESTAMP", timestamp }),
      TypeError,
      `Cannot store the lease of shard "${SHARD}" of stream "${STREAM}" as 'checkpoint.timestamp' must be`,
    );
    const sequenceNumber = "LATEST";
    await assertRejects(
      () =>
        checkpointer.checkpoint(lease, { type: "SEQUENCE", sequenceNumber }),
      TypeError,
      "'checkpoint.sequenceNumber' must be a text of 1 to 129 digits: current value is \"LATEST\"",
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
  }));

Deno.test("KvCheckpointer passes on what Deno KV says when a row or key is too large", () =>
  withKv(async (_kv, checkpointer) => {
    const lease = await held(checkpointer);
    await assertRejects(
      () => checkpointer.take(lease, "w".repeat(65_536)),
      TypeError,
      "Value too large",
    );
    await assertRejects(
      () => checkpointer.create(newLease({ shardId: "s".repeat(2048) })),
      TypeError,
      "Key too large",
    );
    await assertStored(checkpointer, [lease]);
  }));
