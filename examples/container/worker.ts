/**
 * A worker for a container: it reads a stream together with all other containers of the service, and
 * hands its shards over when it is told to stop.
 *
 * It runs in Deno and in Node. Settings are variables: `STREAM_NAME`, `TABLE_NAME` (leases in
 * DynamoDB), `PORT` (of the health check), and those of the AWS tools.
 *
 * @module
 */
import { createServer } from "node:http";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { Consumer } from "@webstreams/kinesis";
import { DynamoDBCheckpointer } from "@webstreams/kinesis/checkpoint";
import { jsonLines } from "@webstreams/kinesis/processors";

/** An event of the stream. */
interface Order {
  readonly id: number;
}

const { STREAM_NAME = "orders", TABLE_NAME = "orders-leases", PORT = "8080" } =
  process.env;

const consumer = new Consumer<Order>({
  streamName: STREAM_NAME,
  processor: jsonLines<Order>(),
  checkpointer: new DynamoDBCheckpointer({ tableName: TABLE_NAME }),
  // Others may write to the stream as well: one such value would end each worker that reads it.
  onPoison: (error) => console.error("Left out:", error.message),
  hooks: {
    onShard: ({ shardId, state }) => console.error(`${shardId} ${state}`),
    onReadError: ({ error }) => console.error("Will try again:", error),
  },
});

/** Processes one order. It may come again after a crash, so its effect must bear that. */
async function handle(
  { id, value }: { readonly id: string; readonly value: Order },
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  if (typeof value?.id !== "number") {
    return console.error(`Left out: ${id} is no order`);
  }
  await delay(1, undefined, { signal }); // your work
  console.log(`order ${value.id}`);
}

/** A shard that waits for so long is reason enough to start the container anew, in milliseconds. */
const LONGEST_WAIT_MS = 300_000;

// The orchestrator asks here whether the container is alive. A worker without shards is healthy: the
// other workers read all of them.
const health = createServer((_request, response) => {
  const { shards } = consumer.status();
  const isStuck = shards.some(({ waitingMs = 0 }) =>
    waitingMs > LONGEST_WAIT_MS
  );
  response.writeHead(isStuck ? 503 : 200).end();
});
health.listen(Number(PORT), "0.0.0.0");

// The orchestrator sends SIGTERM, and SIGKILL about 30 seconds later. close() takes no new values,
// waits for the handlers, stores the progress and releases the leases: other workers go on at once.
// It waits for handlers for 25 seconds at most: the sum of the three times below.
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => consumer.close());
}

await consumer.process(handle, {
  concurrency: 16,
  ordering: "key",
  drainTimeoutMs: 10_000,
  timeoutMs: 10_000,
  graceMs: 5_000,
});
health.close();
// close() alone waits for connections that the orchestrator keeps open.
health.closeAllConnections();
