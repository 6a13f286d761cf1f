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
  // An orchestrator keeps its connection open, and may be in the middle of a request.
  using open = await Deno.connect({ hostname: "127.0.0.1", port });
  await open.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n"));
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

Deno.test("The container's Dockerfile copies files that exist, and starts the worker", async () => {
  const folder = new URL("./", WORKER);
  const lines = (await Deno.readTextFile(new URL("Dockerfile", folder)))
    .split("\n");
  const copied = lines.filter((line) => line.startsWith("COPY "))
    .flatMap((line) => line.split(" ").slice(1, -1));
  assert(copied.includes("worker.ts"));
  for (const file of copied) {
    assert((await Deno.stat(new URL(file, folder))).isFile, file);
  }
  const start = JSON.parse(
    lines.find((line) => line.startsWith("CMD "))!.slice(4),
  );
  // The program of the image is `deno`.
  assertEquals(start, [
    ...["run", "--allow-net", "--allow-env", "--allow-read"],
    "worker.ts",
  ]);
});
