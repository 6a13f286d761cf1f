import { assert, assertEquals, assertRejects } from "@std/assert";
import { StoredLeaseError } from "../../errors.ts";
import {
  accepted,
  newLease,
  only,
  SHARD,
} from "../conformance/checkpointer/fixtures.ts";
import { type Raw, Tables } from "./_dynamodb_fixtures.ts";

const STREAM = "orders";
const SEQUENCE = "49590338271490256608559692538361571095921575989136588898";

async function start(): Promise<Tables> {
  const tables = await Tables.start();
  await tables.create("app");
  return tables;
}

/** A row of a KCL that holds the lease of a shard. */
function kclRow(attributes: Record<string, Raw> = {}) {
  return {
    leaseKey: { S: SHARD },
    leaseCounter: { N: "7" },
    leaseOwner: { S: "kcl-1" },
    checkpoint: { S: SEQUENCE },
    checkpointSubSequenceNumber: { N: "2" },
    ownerSwitchesSinceCheckpoint: { N: "1" },
    ...attributes,
  };
}

/** Attributes of the KCL that no write of this library changes. */
const FOREIGN = {
  pendingCheckpoint: { S: `${SEQUENCE}1` },
  pendingCheckpointSubSequenceNumber: { N: "3" },
  pendingCheckpointState: { B: "c3RhdGU=" },
  childShardIds: { SS: ["c1", "c2"] },
  startingHashKey: { S: "0" },
  endingHashKey: { S: "170141183460469231731687303715884105727" },
  throughputKBps: { N: "12.5" },
  entityType: { S: "LEASE" },
  somethingNew: { M: { nested: { BOOL: true } } },
};

Deno.test("DynamoDBCheckpointer create stores the attributes of the KCL, and its own ones", async () => {
  await using tables = await start();
  await tables.open("app").create(newLease({
    parentShardIds: ["p1", "p2", "p1"],
    startingSequenceNumber: "1",
  }));
  assertEquals(await tables.rows("app"), {
    [SHARD]: {
      leaseCounter: { N: "0" },
      checkpoint: { S: "TRIM_HORIZON" },
      checkpointSubSequenceNumber: { N: "0" },
      ownerSwitchesSinceCheckpoint: { N: "0" },
      parentShardId: { SS: ["p1", "p2"] },
      webstreamsStartingSequenceNumber: { S: "1" },
      webstreamsStreamName: { S: STREAM },
    },
  });
});

Deno.test("DynamoDBCheckpointer keeps attributes that it does not know, through every write of a holder", async () => {
  await using tables = await start();
  const checkpointer = tables.open("app");
  await tables.put("app", kclRow(FOREIGN));
  const kept = async (expected: Record<string, Raw>, message: string) => {
    const { [SHARD]: row } = await tables.rows("app");
    assertEquals(row, { ...FOREIGN, ...expected }, message);
  };
  let lease = accepted(
    await checkpointer.take(
      { ...await only(checkpointer), startingSequenceNumber: "1" },
      "ours",
    ),
  );
  const taken = {
    leaseCounter: { N: "8" },
    leaseOwner: { S: "ours" },
    checkpoint: { S: SEQUENCE },
    checkpointSubSequenceNumber: { N: "2" },
    ownerSwitchesSinceCheckpoint: { N: "2" },
    webstreamsStartingSequenceNumber: { S: "1" },
    webstreamsStreamName: { S: STREAM },
  };
  await kept(taken, "take");
  lease = accepted(await checkpointer.renew(lease));
  await kept({ ...taken, leaseCounter: { N: "9" } }, "renew");
  const at = {
    type: "SEQUENCE",
    sequenceNumber: `${SEQUENCE}9`,
    subSequenceNumber: 4,
  } as const;
  lease = accepted(await checkpointer.checkpoint(lease, at));
  const written = {
    ...taken,
    leaseCounter: { N: "10" },
    checkpoint: { S: `${SEQUENCE}9` },
    checkpointSubSequenceNumber: { N: "4" },
    ownerSwitchesSinceCheckpoint: { N: "0" },
  };
  await kept(written, "checkpoint");
  accepted(await checkpointer.release(lease));
  const { leaseOwner: _, ...released } = written;
  await kept({ ...released, leaseCounter: { N: "11" } }, "release");
});

Deno.test("DynamoDBCheckpointer replace removes what belongs to the earlier stream", async () => {
  await using tables = await start();
  const checkpointer = tables.open("app");
  await tables.put("app", kclRow(FOREIGN));
  const next = newLease({ startingSequenceNumber: "2" });
  assert(await checkpointer.replace(await only(checkpointer), next));
  assertEquals(await tables.rows("app"), {
    [SHARD]: {
      leaseCounter: { N: "8" },
      checkpoint: { S: "TRIM_HORIZON" },
      checkpointSubSequenceNumber: { N: "0" },
      ownerSwitchesSinceCheckpoint: { N: "0" },
      webstreamsStartingSequenceNumber: { S: "2" },
      webstreamsStreamName: { S: STREAM },
    },
  });
});

Deno.test("DynamoDBCheckpointer take counts a switch of owners only when the owner changes", async () => {
  await using tables = await start();
  const checkpointer = tables.open("app");
  await checkpointer.create(newLease());
  const switches = async () =>
    (await tables.rows("app"))[SHARD].ownerSwitchesSinceCheckpoint.N;
  let lease = accepted(await checkpointer.take(await only(checkpointer), "a"));
  assertEquals(await switches(), "0");
  lease = accepted(await checkpointer.take(lease, "a"));
  assertEquals(await switches(), "0");
  lease = accepted(await checkpointer.take(lease, "b"));
  assertEquals(await switches(), "1");
});

Deno.test("DynamoDBCheckpointer stores the time of AT_TIMESTAMP, and removes it with the next checkpoint", async () => {
  await using tables = await start();
  const checkpointer = tables.open("app");
  const timestamp = new Date(1_700_000_000_123);
  await checkpointer.create(
    newLease({ checkpoint: { type: "AT_TIMESTAMP", timestamp } }),
  );
  let row = (await tables.rows("app"))[SHARD];
  assertEquals(row.checkpoint, { S: "AT_TIMESTAMP" });
  assertEquals(row.webstreamsTimestamp, { N: "1700000000123" });
  const lease = accepted(
    await checkpointer.take(await only(checkpointer), "ours"),
  );
  await checkpointer.checkpoint(lease, { type: "SHARD_END" });
  row = (await tables.rows("app"))[SHARD];
  assertEquals(row.checkpoint, { S: "SHARD_END" });
  assertEquals(row.webstreamsTimestamp, undefined);
});

Deno.test("DynamoDBCheckpointer list fails at an AT_TIMESTAMP of a KCL, unless kclTimestamp is set", async () => {
  await using tables = await start();
  await tables.put("app", kclRow({ checkpoint: { S: "AT_TIMESTAMP" } }));
  const error = await assertRejects(
    () => tables.open("app").list(STREAM),
    StoredLeaseError,
    "AT_TIMESTAMP",
  );
  assert(error.message.includes("'kclTimestamp'"), error.message);
  const timestamp = new Date(5);
  const checkpointer = tables.open("app", { kclTimestamp: timestamp });
  assertEquals((await only(checkpointer)).checkpoint, {
    type: "AT_TIMESTAMP",
    timestamp,
  });
});

Deno.test("DynamoDBCheckpointer renew is refused while a KCL 3 asks for the lease, and take ends that", async () => {
  await using tables = await start();
  const checkpointer = tables.open("app");
  await tables.put(
    "app",
    kclRow({ leaseOwner: { S: "ours" }, checkpointOwner: { S: "gone" } }),
  );
  const lease = await only(checkpointer);
  assertEquals(await checkpointer.renew(lease), undefined);
  const taken = accepted(await checkpointer.take(lease, "ours"));
  assertEquals((await tables.rows("app"))[SHARD].checkpointOwner, undefined);
  accepted(await checkpointer.renew(taken));
});

for (
  const { title, row, message } of [
    {
      title: "has no counter",
      row: { leaseCounter: { S: "7" } },
      message: "'counter' must be a whole number from 0",
    },
    {
      title: "has an unknown checkpoint",
      row: { checkpoint: { S: "SOMEWHERE" } },
      message: "'checkpoint.sequenceNumber' must be",
    },
    {
      title: "has a negative sub-sequence number",
      row: { checkpointSubSequenceNumber: { N: "-1" } },
      message: "'checkpoint.subSequenceNumber' must be",
    },
    {
      title: "is of a newer release",
      row: { webstreamsFormat: { N: "2" } },
      message: "its format is 2",
    },
  ]
) {
  Deno.test(`DynamoDBCheckpointer list fails and names the row when it ${title}`, async () => {
    await using tables = await start();
    await tables.put("app", kclRow(row));
    const error = await assertRejects(
      () => tables.open("app").list(STREAM),
      StoredLeaseError,
      message,
    );
    assert(
      error.message.includes(`at "${SHARD}" of the table "app"`),
      error.message,
    );
  });
}

Deno.test("DynamoDBCheckpointer takes a missing sub-sequence number for 0, as the KCL does", async () => {
  await using tables = await start();
  const { checkpointSubSequenceNumber: _, ...row } = kclRow();
  await tables.put("app", row);
  assertEquals((await only(tables.open("app"))).checkpoint, {
    type: "SEQUENCE",
    sequenceNumber: SEQUENCE,
    subSequenceNumber: 0,
  });
});

Deno.test("DynamoDBCheckpointer has a KCL repeat a record that is processed in part when partialRecords says so", async () => {
  await using tables = await start();
  const checkpointer = tables.open("app", { partialRecords: "repeat" });
  await checkpointer.create(newLease());
  let lease = accepted(
    await checkpointer.take(await only(checkpointer), "ours"),
  );
  const numbers = async () => {
    const { [SHARD]: row } = await tables.rows("app");
    return [
      row.checkpointSubSequenceNumber.N,
      row.webstreamsSubSequenceNumber?.N,
    ];
  };
  const part = {
    type: "SEQUENCE",
    sequenceNumber: SEQUENCE,
    subSequenceNumber: 4,
  } as const;
  lease = accepted(await checkpointer.checkpoint(lease, part));
  assertEquals(await numbers(), ["-1", "4"]);
  assertEquals(lease.checkpoint, part);
  // Without the option the row is read alike.
  assertEquals((await only(tables.open("app"))).checkpoint, part);
  const whole = { type: "SEQUENCE", sequenceNumber: SEQUENCE } as const;
  lease = accepted(await checkpointer.checkpoint(lease, whole));
  assertEquals(await numbers(), ["9223372036854775807", undefined]);
  assertEquals(lease.checkpoint, whole);
});

Deno.test("DynamoDBCheckpointer ignores its own sub-sequence number when a KCL has made a checkpoint since", async () => {
  await using tables = await start();
  await tables.put("app", kclRow({ webstreamsSubSequenceNumber: { N: "4" } }));
  assertEquals((await only(tables.open("app"))).checkpoint, {
    type: "SEQUENCE",
    sequenceNumber: SEQUENCE,
    subSequenceNumber: 2,
  });
});

Deno.test("DynamoDBCheckpointer stores a load as KCL 3 does, and reads no more than that once a KCL has the lease", async () => {
  await using tables = await start();
  const checkpointer = tables.open("app");
  await checkpointer.create(newLease());
  let lease = accepted(
    await checkpointer.take(await only(checkpointer), "ours"),
  );
  const load = {
    bytesPerSecond: 2048,
    recordsPerSecond: 3,
    millisBehindLatest: 40,
  };
  lease = accepted(await checkpointer.renew(lease, { load }));
  const { [SHARD]: row } = await tables.rows("app");
  assertEquals(row.throughputKBps, { N: "2" });
  assertEquals(row.webstreamsRecordsPerSecond, { N: "3" });
  assertEquals(row.webstreamsMillisBehindLatest, { N: "40" });
  assertEquals(row.webstreamsLoadCounter, { N: `${lease.counter}` });
  const seen = async (counter: number, owner: string) => {
    await tables.put("app", {
      leaseKey: { S: SHARD },
      ...row,
      leaseCounter: { N: `${counter}` },
      leaseOwner: { S: owner },
    });
    return (await only(checkpointer)).load;
  };
  // Given back, and taken by another worker that has not renewed it yet.
  assertEquals(await seen(lease.counter + 2, "other"), load);
  assertEquals(await seen(lease.counter + 11, "kcl-1"), {
    bytesPerSecond: 2048,
  });
});
