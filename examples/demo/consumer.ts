/**
 * The consumer, in its own process that may be killed at any moment. Asking for the next record
 * acknowledges the last one, so the consumer reports each record before it asks for the next one.
 * Every record up to a checkpoint has therefore been reported.
 *
 * @module
 */
import { Consumer } from "@webstreams/kinesis";
import { KvCheckpointer } from "@webstreams/kinesis/checkpoint";
import { connect } from "./connection.ts";
import { fingerprint } from "./content.ts";
import type { Envelope } from "./envelope.ts";
import { oneLine } from "./errors.ts";
import type { ConsumerMessage, ConsumerSettings } from "./messages.ts";
import { PROCESSORS } from "./processors.ts";

const STATUS_MS = 250;

async function consume(settings: ConsumerSettings): Promise<void> {
  const { streamName, isOwnStream, run } = settings;
  const kv = await Deno.openKv(settings.checkpoints);
  let bytes = 0;
  let foreign = 0;
  const consumer = new Consumer<Envelope>({
    client: connect(settings.connection),
    streamName,
    processor: PROCESSORS[settings.processor]!(),
    checkpointer: new KvCheckpointer({ kv, name: "demo" }),
    // The same id after a restart, so that the new process owns the leases at once.
    workerId: "demo-consumer",
    // A stream that existed before may have records of other writers, in other formats.
    from: isOwnStream ? "TRIM_HORIZON" : "LATEST",
    onPoison: isOwnStream ? "fail" : () => void foreign++,
    hooks: { onRead: (event) => bytes += event.bytes },
  });

  const status = () => {
    const { shards } = consumer.status();
    report({ type: "status", shards, bytes, foreign });
  };
  const ticker = setInterval(status, STATUS_MS);
  // The main process closes this input when all records have arrived, or when it ends.
  const closed = endOf(Deno.stdin.readable).then(() => {
    // A status while the consumer closes would tell of leases that are given back.
    clearInterval(ticker);
    status();
    return consumer.close();
  });
  try {
    await consumer.ready;
    report({ type: "ready" });
    for await (const { value, partitionKey = "", shardId } of consumer) {
      if (value?.run !== run) {
        foreign++;
        continue;
      }
      const { position, value: content } = value;
      report([
        position,
        partitionKey,
        shardId,
        fingerprint(partitionKey, content),
      ]);
    }
    await closed;
  } finally {
    clearInterval(ticker);
    kv.close();
  }
}

const encoder = new TextEncoder();

/** Writes synchronously: when this returns, the message survives the end of this process. */
function report(message: ConsumerMessage): void {
  let bytes = encoder.encode(JSON.stringify(message) + "\n");
  while (bytes.length > 0) {
    bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  }
}

async function endOf(input: ReadableStream<unknown>): Promise<void> {
  for await (const _ of input);
}

if (import.meta.main) {
  // Ctrl-C reaches all processes of a terminal. The main process decides when this one ends.
  Deno.addSignalListener("SIGINT", () => {});
  try {
    await consume(JSON.parse(Deno.args[0]!));
    Deno.exit(0);
  } catch (error) {
    report({ type: "failed", message: oneLine(error) });
    Deno.exit(1);
  }
}
