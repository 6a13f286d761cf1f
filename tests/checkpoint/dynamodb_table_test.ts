import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  DynamoDBCheckpointer,
  type DynamoDBCheckpointerOptions,
} from "../../checkpoint/mod.ts";
import { KinesisError, ServiceError } from "../../errors.ts";
import {
  accepted,
  newLease,
  only,
  SHARD,
} from "../conformance/checkpointer/fixtures.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { Tables } from "./_dynamodb_fixtures.ts";

const ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";
const IDENTIFIER = "123456789012:orders:1700000000";

async function rejection(work: Promise<unknown>): Promise<KinesisError> {
  return await assertRejects(() => work, KinesisError);
}

Deno.test("DynamoDBCheckpointer refuses options that it cannot use, and names them", () => {
  const wrong: [object, string][] = [
    [{ tableName: undefined }, "'tableName' must be an ARN, or 3 to 255"],
    [{ tableName: "a b" }, "'tableName' must be"],
    [{ createTable: "yes" }, "'createTable' must be true or false"],
    [{ multiStream: "many" }, "'multiStream' must be true or false"],
    [{ multiStream: { orders: "" } }, `'multiStream["orders"]' must be`],
    [{ multiStream: null }, "'multiStream' must be"],
    [{ coordinatorTableName: "" }, "'coordinatorTableName' must be"],
    [{ partialRecords: "skip" }, "'partialRecords' must be"],
    [{ kclTimestamp: new Date(NaN) }, "'kclTimestamp' must be a valid Date"],
    [{ region: 7 }, "'region' must be"],
    [{ endpoint: "nowhere" }, "'endpoint' must be a URL"],
    [{ retry: { maxAttempts: 0 } }, "'retry.maxAttempts' must be"],
    [{ credentials: { accessKeyId: "" } }, "'accessKeyId' of 'credentials'"],
  ];
  for (const [option, message] of wrong) {
    const options = { tableName: "app", ...option };
    assertThrows(
      () => new DynamoDBCheckpointer(options as DynamoDBCheckpointerOptions),
      Error,
      `Cannot create DynamoDBCheckpointer as ${message}`,
    );
  }
});

Deno.test("DynamoDBCheckpointer says what to do when the table does not exist", async () => {
  await using tables = await Tables.start();
  const error = await assertRejects(
    () => tables.open("app").list("orders"),
    ServiceError,
    "With 'createTable: true' the checkpointer creates it",
  );
  assertEquals(error.code, "ResourceNotFoundException");
});

Deno.test("DynamoDBCheckpointer creates the table on demand, once, and waits for it", async () => {
  await using tables = await Tables.start({ createTableMs: 50 });
  const options = { createTable: true, random: () => 0 };
  const open = () => tables.open("app", options);
  const lists = Array.from({ length: 5 }, () => open().list("orders"));
  assertEquals(await Promise.all(lists), [[], [], [], [], []]);
  const { Table } = await tables.call("DescribeTable", { TableName: "app" });
  assertEquals(Table.BillingModeSummary.BillingMode, "PAY_PER_REQUEST");
  assertEquals(Table.KeySchema, [{
    AttributeName: "leaseKey",
    KeyType: "HASH",
  }]);
  await open().ready();
});

Deno.test("DynamoDBCheckpointer ready ends with the reason of the signal", async () => {
  await using tables = await Tables.start();
  const reason = new Error("the reason");
  const signal = AbortSignal.abort(reason);
  const error = await assertRejects(() => tables.open("app").ready({ signal }));
  assertEquals(error, reason);
});

Deno.test("DynamoDBCheckpointer refuses a second stream when the table is for one", async () => {
  await using tables = await Tables.start();
  await tables.create("app");
  const checkpointer = tables.open("app");
  await checkpointer.create(newLease());
  for (
    const call of [
      () => checkpointer.list("users"),
      () => checkpointer.create(newLease({ streamName: "users" })),
      () => tables.open("app").list("users"),
      () => tables.open("app").list("arn:aws:kinesis:eu-west-1:1:stream/users"),
    ]
  ) {
    const error = await rejection(call());
    assertEquals(error.code, "TableOfOtherStream");
    assert(error.message.includes('"orders"'), error.message);
    assert(error.message.includes("users"), error.message);
    assert(error.message.includes("'multiStream'"), error.message);
  }
});

Deno.test("DynamoDBCheckpointer knows a stream by its name and its ARN when the table is for one", async () => {
  await using tables = await Tables.start();
  await tables.create("app");
  const byName = tables.open("app");
  await byName.create(newLease());
  const byArn = tables.open("app");
  assertEquals((await only(byArn, ARN)).streamName, ARN);
  accepted(await byArn.take(await only(byArn, ARN), "worker-1"));
  assertEquals((await only(byArn, "orders")).owner, "worker-1");
  assertEquals((await only(byName)).owner, "worker-1");
});

Deno.test("DynamoDBCheckpointer tells two streams of one name apart by their ARNs", async () => {
  await using tables = await Tables.start();
  await tables.create("app");
  await tables.open("app").create(newLease({ streamName: ARN }));
  const other = ARN.replace("eu-west-1", "us-east-1");
  const error = await rejection(tables.open("app").list(other));
  assertEquals(error.code, "TableOfOtherStream");
});

Deno.test("DynamoDBCheckpointer stores the stream of a row of a KCL when it takes it", async () => {
  await using tables = await Tables.start();
  await tables.create("app");
  await tables.put("app", {
    leaseKey: { S: SHARD },
    leaseCounter: { N: "0" },
    checkpoint: { S: "LATEST" },
  });
  const checkpointer = tables.open("app");
  await checkpointer.take(await only(checkpointer), "worker-1");
  const error = await rejection(tables.open("app").list("users"));
  assertEquals(error.code, "TableOfOtherStream");
});

Deno.test("DynamoDBCheckpointer refuses the rows of the other layout", async () => {
  await using tables = await Tables.start();
  await tables.create("one");
  await tables.create("many");
  await tables.open("one").create(newLease());
  await tables.open("many", { multiStream: true }).create(newLease());
  for (
    const [call, advice] of [
      [() => tables.open("many").list("orders"), "pass 'multiStream'"],
      [
        () => tables.open("one", { multiStream: true }).list("orders"),
        "leave out 'multiStream'",
      ],
    ] as const
  ) {
    const error = await rejection(call());
    assertEquals(error.code, "TableOfOtherStream");
    assert(error.message.includes(advice), error.message);
  }
});

Deno.test("DynamoDBCheckpointer uses the identifiers of the KCL when the table is for many streams", async () => {
  await using tables = await Tables.start();
  await tables.create("app");
  const checkpointer = tables.open("app", {
    multiStream: { orders: IDENTIFIER },
  });
  await checkpointer.create(newLease());
  const { [`${IDENTIFIER}:${SHARD}`]: row } = await tables.rows("app");
  assertEquals(row.streamName, { S: IDENTIFIER });
  assertEquals(row.shardId, { S: SHARD });
  assertEquals((await only(checkpointer)).shardId, SHARD);
  const error = await rejection(checkpointer.list("users"));
  assertEquals(error.code, "TableOfOtherStream");
  assert(error.message.includes('stream "users"'), error.message);
});

for (const layout of [{ multiStream: true }, {}]) {
  const title = layout.multiStream ? "many streams" : "one stream";
  Deno.test(`DynamoDBCheckpointer ignores rows that are no leases, in a table for ${title}`, async () => {
    await using tables = await Tables.start();
    await tables.create("app");
    const checkpointer = tables.open("app", layout);
    await checkpointer.create(newLease());
    await tables.put("app", {
      leaseKey: { S: "worker-7" },
      entityType: { S: "WORKER_METRIC_STATS" },
      leaseCounter: { S: "no number" },
    });
    await tables.put("app", {
      leaseKey: { S: "Migration3.0" },
      entityType: { S: "CLIENT_VERSION_MIGRATION" },
      cv: { S: "CLIENT_VERSION_2X" },
    });
    assertEquals((await only(checkpointer)).shardId, SHARD);
  });

  Deno.test(`DynamoDBCheckpointer list refuses a table that KCL 3 runs in its own mode, in a table for ${title}`, async () => {
    await using tables = await Tables.start();
    await tables.create("app");
    await tables.put("app", {
      leaseKey: { S: "Migration3.0" },
      entityType: { S: "CLIENT_VERSION_MIGRATION" },
      cv: { S: "CLIENT_VERSION_3X" },
    });
    const error = await rejection(tables.open("app", layout).list("orders"));
    assertEquals(error.code, "LeaseTableOfKcl3");
  });
}

/** Stores in which mode the workers of a KCL 3.0 to 3.4 run. */
async function setMode(tables: Tables, cv: string): Promise<void> {
  await tables.put("app-CoordinatorState", {
    key: { S: "Migration3.0" },
    cv: { S: cv },
  });
}

Deno.test("DynamoDBCheckpointer refuses to start when the workers of a KCL 3 run in their own mode", async () => {
  await using tables = await Tables.start();
  await tables.create("app");
  await tables.create("app-CoordinatorState", "key");
  for (const mode of ["CLIENT_VERSION_2X", "CLIENT_VERSION_UPGRADE_FROM_2X"]) {
    await setMode(tables, mode);
    assertEquals(await tables.open("app").list("orders"), []);
  }
  for (const mode of ["CLIENT_VERSION_3X", "CLIENT_VERSION_3X_WITH_ROLLBACK"]) {
    await setMode(tables, mode);
    const checkpointer = tables.open("app");
    for (
      const call of [
        () => checkpointer.ready(),
        () => checkpointer.list("orders"),
        () => checkpointer.create(newLease()),
      ]
    ) {
      const error = await rejection(call());
      assertEquals(error.code, "LeaseTableOfKcl3");
      assert(error.message.includes(mode), error.message);
    }
    const unchecked = tables.open("app", { coordinatorTableName: false });
    assertEquals(await unchecked.list("orders"), []);
  }
});

Deno.test("DynamoDBCheckpointer list notices within a minute that a KCL 3 has changed to its own mode", async () => {
  await using tables = await Tables.start();
  await tables.create("app");
  await tables.create("app-CoordinatorState", "key");
  const clock = new FakeClock();
  const checkpointer = tables.open("app", { clock });
  assertEquals(await checkpointer.list("orders"), []);
  await setMode(tables, "CLIENT_VERSION_3X");
  await clock.advance(59_000);
  assertEquals(await checkpointer.list("orders"), []);
  await clock.advance(1000);
  const error = await rejection(checkpointer.list("orders"));
  assertEquals(error.code, "LeaseTableOfKcl3");
});
