/**
 * The worker for a container: SIGTERM ends it after all that it has begun is stored.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { DynamoDBCheckpointer } from "../../../checkpoint/mod.ts";
import { KinesisClient } from "../../../client/mod.ts";
import { Producer } from "../../../producer.ts";
import { jsonLines } from "../../../processors/mod.ts";
import { startDynalite } from "../../_services/dynalite.ts";
import { freePort } from "../../_services/service.ts";
import { serveInMemory } from "./in_memory.ts";
import { Program } from "../../_services/program.ts";

const WORKER = new URL(
  "../../../examples/container/worker.ts",
  import.meta.url,
);
const ORDERS = 2000;
const account = {
  region: "us-east-1",
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
};

Deno.test("The container's worker stops at SIGTERM without a repeated or a lost order", async () => {
  await using kinesis = serveInMemory("orders");
  await using dynalite = await startDynalite();
  const checkpointer = new DynamoDBCheckpointer({
    ...{ ...account, tableName: "orders-leases", endpoint: dynalite.endpoint },
    createTable: true,
  });
  assertEquals(await checkpointer.list("orders"), []); // creates the table
  const client = new KinesisClient({ ...account, endpoint: kinesis.endpoint });
  const producer = new Producer<{ id: number }>({
    ...{ client, streamName: "orders", processor: jsonLines<{ id: number }>() },
  });
  for (let id = 0; id < ORDERS; id++) {
    producer.put({ id }, { partitionKey: `customer-${id % 50}` });
  }
  await producer.close();

  const port = freePort();
  const start = () =>
    new Program({
      args: ["--allow-net", "--allow-env", "--allow-read", WORKER.pathname],
      env: {
        STREAM_NAME: "orders",
        TABLE_NAME: "orders-leases",
        PORT: `${port}`,
        AWS_ENDPOINT_URL_KINESIS: kinesis.endpoint,
        AWS_ENDPOINT_URL_DYNAMODB: dynalite.endpoint,
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "id",
        AWS_SECRET_ACCESS_KEY: "secret",
      },
    });
  await using first = start();
  await first.until(({ length }) => length > 100);
  const health = await fetch(`http://127.0.0.1:${port}/`);
  assertEquals(health.status, 200);
  await health.body?.cancel();
  assertEquals(await first.stop("SIGTERM"), 0);
  const leases = await checkpointer.list("orders");
  assertEquals(leases.map(({ owner }) => owner), [undefined, undefined]);

  await using second = start();
  const left = ORDERS - first.lines.length;
  assert(left > 0, "the first worker was too fast to be stopped in the middle");
  await second.until(({ length }) => length >= left);
  assertEquals(await second.stop("SIGTERM"), 0);
  const all = [...first.lines, ...second.lines];
  assertEquals(all.length, ORDERS);
  assertEquals(new Set(all).size, ORDERS);
});
