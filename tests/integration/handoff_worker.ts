/**
 * A worker in a process of its own. It prints a line for each value: the shard, the value and the
 * time. SIGTERM closes its consumer.
 *
 * @module
 */
import { KvCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer } from "../../consumer.ts";
import { json } from "../../processors/mod.ts";

/** One value as a worker has processed it. */
export interface Processed {
  readonly shardId: string;
  readonly value: number;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
}

if (import.meta.main) {
  const [workerId, endpoint, path] = Deno.args as [string, string, string];
  const kv = await Deno.openKv(path);
  const consumer = new Consumer<number>({
    client: new KinesisClient({
      region: "us-east-1",
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
      endpoint,
    }),
    streamName: "orders",
    processor: json<number>(),
    checkpointer: new KvCheckpointer({ kv, name: "billing" }),
    workerId,
    // Only so that the test does not take as long: idle shards are read less often.
    maxPollIntervalMs: 1000,
  });
  let closing: Promise<void> | undefined;
  Deno.addSignalListener("SIGTERM", () => {
    closing ??= consumer.close();
  });
  for await (const { shardId, value } of consumer) {
    await new Promise((done) => setTimeout(done, 20)); // the work
    const processed: Processed = { shardId, value, at: Date.now() };
    console.log(JSON.stringify(processed));
  }
  await closing;
  kv.close();
  Deno.exit();
}
