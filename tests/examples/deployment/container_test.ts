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
const DOCS = new URL("../../../docs/deployment.md", import.meta.url);
const ORDERS = 2000;
/** Records that other programs may have written. */
const FOREIGN = ["no json", "null", "[1]", '{"id":"x"}', '"text"'];
const account = {
  region: "us-east-1",
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
};

/** The words of the instruction of the Dockerfile with this name, one list for each. */
async function instructions(name: string): Promise<string[][]> {
  const text = await Deno.readTextFile(new URL("Dockerfile", WORKER));
  return text.split("\n")
    .filter((line) => line.startsWith(`${name} `))
    .map((line) => line.slice(name.length + 1))
    .map((words) =>
      words.startsWith("[") ? JSON.parse(words) : words.split(" ")
    );
}

/** The arguments of `deno run` of the Dockerfile, with the true path of the worker. */
async function commandOf(): Promise<string[]> {
  const [[run, ...args]] = await instructions("CMD") as [string[]];
  assertEquals(run, "run"); // The program of the image is `deno`.
  assertEquals(args.at(-1), "worker.ts");
  return [...args.slice(0, -1), WORKER.pathname];
}

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
  for (const text of FOREIGN) {
    await client.putRecord({
      StreamName: "orders",
      PartitionKey: text,
      Data: new TextEncoder().encode(text),
    });
  }

  const port = freePort();
  const args = await commandOf();
  const start = () =>
    new Program({
      args,
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

Deno.test("The container's Dockerfile copies files of the build context that the documentation names, and starts the worker", async () => {
  const [, folder] = /docker build .*(examples\/\S+)/.exec(
    await Deno.readTextFile(DOCS),
  ) ?? [];
  const context = new URL(`../../../${folder}/`, import.meta.url);
  const files = (await instructions("COPY")).flatMap((it) => it.slice(0, -1));
  assertEquals(files, ["worker.ts"]);
  for (const file of files) {
    assert((await Deno.stat(new URL(file, context))).isFile, file);
  }
  // The worker starts with this command in the test above.
  assert((await commandOf()).length > 1);
});
