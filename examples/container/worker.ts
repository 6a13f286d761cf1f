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
  hooks: {
    onShard: ({ shardId, state }) => console.error(`${shardId} ${state}`),
    onReadError: ({ error }) => console.error("Will try again:", error),
  },
});

/** Processes one order. It may come again after a crash, so its effect must bear that. */
async function handle({ value }: { readonly value: Order }): Promise<void> {
  await new Promise((done) => setTimeout(done, 1)); // your work
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
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => consumer.close());
}

await consumer.process(handle, { concurrency: 16, ordering: "key" });
health.close();
// close() alone waits for connections that the orchestrator keeps open.
health.closeAllConnections();
