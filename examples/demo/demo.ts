/**
 * The whole story: write, read at the same time, reshard half way, kill the consumer, resume, verify.
 *
 * @module
 */
import { type KinesisClient, Producer } from "@webstreams/kinesis";
import { connect, type Connection } from "./connection.ts";
import { type DataSet, inputData, sampleData } from "./data_sets.ts";
import { startEmulator } from "./emulator.ts";
import { before, type Envelope, envelopes } from "./envelope.ts";
import { oneLine } from "./errors.ts";
import type { ConsumerSettings } from "./messages.ts";
import { type DemoOptions, UsageError } from "./options.ts";
import { PROCESSORS } from "./processors.ts";
import { count, megabytes, Progress } from "./progress.ts";
import { Reading } from "./reading.ts";
import { reshard } from "./reshard.ts";
import { openStream } from "./stream.ts";
import { verdictLine } from "./verify.ts";

/** When things happen, as parts of the data set. The writer waits at the last one until the others have happened. */
const RESHARD_AT = 0.5;
const KILL_AT = 0.6;
const WAIT_AT = 0.75;

/**
 * Runs the demo and cleans up whatever it made, also when it fails or `signal` aborts. Resolves with whether the result is
 * right.
 *
 * @throws {UsageError} if the options or the input cannot be used
 * @throws {KinesisError} if Kinesis cannot be reached or refuses
 */
export async function runDemo(
  options: DemoOptions,
  signal: AbortSignal,
): Promise<boolean> {
  await using cleanup = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "kinesis-demo-" });
  cleanup.defer(() => Deno.remove(folder, { recursive: true }));

  const { input, key } = options;
  const data = input === undefined
    ? await sampleData()
    : await inputData({ input, key, folder, signal });

  let connection: Connection = options;
  const isEmbedded = !options.endpoint && !options.region;
  if (isEmbedded) {
    const emulator = await startEmulator();
    cleanup.defer(() => emulator.close());
    connection = { endpoint: emulator.endpoint };
  }
  const client = clientFor(connection);

  const run = crypto.randomUUID().slice(0, 8);
  const streamName = options.stream ?? `kinesis-demo-${run}`;
  let isOwnStream = false;
  cleanup.defer(async () => {
    // What lives in this process goes with it.
    if (isOwnStream && !isEmbedded) await remove(client, streamName);
  });
  await openStream({
    client,
    streamName,
    shards: options.shards,
    onCreated: () => isOwnStream = true,
    signal,
  });
  const where = isEmbedded
    ? "an emulator in this process"
    : options.endpoint ?? options.region;
  console.log(
    `${data.name}: ${
      count(data.total)
    } records through ${streamName} in ${where}`,
  );
  return await flow({
    client,
    data,
    withReshard: isOwnStream || options.reshard,
    consumer: {
      connection: { endpoint: connection.endpoint, region: connection.region },
      streamName,
      isOwnStream,
      processor: options.processor,
      run,
      checkpoints: `${folder}/checkpoints.sqlite3`,
    },
    signal,
  });
}

interface Flow {
  readonly client: KinesisClient;
  readonly data: DataSet;
  readonly withReshard: boolean;
  readonly consumer: ConsumerSettings;
  readonly signal: AbortSignal;
}

/** Writes and reads at the same time. */
async function flow(
  { client, data, withReshard, consumer, signal: outer }: Flow,
): Promise<boolean> {
  await using cleanup = new AsyncDisposableStack();
  // Whatever fails ends everything else.
  const failure = new AbortController();
  const signal = AbortSignal.any([outer, failure.signal]);
  const fail = (error: unknown) => failure.abort(error);
  const { total } = data;
  const at = (part: number) => Math.floor(total * part);

  const reading = new Reading(consumer, total, fail);
  cleanup.defer(() => reading.kill());
  await reading.start(signal);

  let bytesIn = 0;
  let recordsIn = 0;
  const started = performance.now();
  const producer = new Producer<Envelope>({
    client,
    streamName: consumer.streamName,
    processor: PROCESSORS[consumer.processor]!(),
    partitionKey: "key",
    // A record of a key is sent when the one before is acknowledged, so no retry can overtake.
    ordering: "key",
    hooks: {
      onBatch({ bytes, records, failed }) {
        bytesIn += bytes;
        recordsIn += records - failed;
      },
    },
    signal,
  });

  const progress = new Progress(() => ({
    total,
    written: producer.stats().delivered,
    bytesIn,
    read: reading.arrivals,
    arrived: reading.arrived,
    bytesOut: reading.bytes,
    shards: reading.table.positions(),
  }));
  cleanup.defer(() => progress.close());

  const killed = reading.reached(at(KILL_AT), signal).then(async () => {
    await reading.kill();
    progress.say("killed the consumer");
    await reading.start(signal);
    progress.say("started it again from its checkpoint");
  });
  let resharded = Promise.resolve();
  const startReshard = async () => {
    if (!withReshard) return progress.say("no reshard: the stream is not ours");
    progress.say(await reshard(client, consumer.streamName, signal));
  };
  killed.catch(fail);
  await data.open()
    .pipeThrough(envelopes(consumer.run))
    .pipeThrough(before(at(RESHARD_AT), () => {
      resharded = startReshard();
      resharded.catch(fail);
    }))
    .pipeThrough(before(at(WAIT_AT), async () => {
      await Promise.all([resharded, killed]);
    }))
    .pipeTo(producer, { signal });
  const written = performance.now();

  await reading.finished(signal);
  const read = performance.now();
  await reading.stop();
  progress.close();

  const { verdict } = reading;
  const { retried } = producer.stats();
  const rate = (records: number, ms: number) =>
    `in ${(ms / 1000).toFixed(1)} s, ${count(records / ms * 1000)} records/s`;
  console.log(`\n${reading.table.lines().join("\n")}\n`);
  console.log(
    `written ${rate(total, written - started)}: ${megabytes(bytesIn)}, ` +
      `${count(recordsIn)} Kinesis records, ${count(retried)} sent again`,
  );
  console.log(
    `read ${rate(reading.arrivals, read - started)}: ` +
      `${megabytes(reading.bytes)}, ${count(verdict.duplicates)} records ` +
      "for the second time, since the consumer was killed",
  );
  console.log(verdictLine(verdict));
  return verdict.ok;
}

function clientFor(connection: Connection): KinesisClient {
  try {
    return connect(connection);
  } catch (error) {
    // An endpoint or a region that cannot be one.
    throw new UsageError(oneLine(error), { cause: error });
  }
}

async function remove(
  client: KinesisClient,
  streamName: string,
): Promise<void> {
  try {
    await client.deleteStream({ StreamName: streamName });
  } catch (error) {
    console.error(
      `The stream ${streamName} is still there, remove it yourself: ${
        oneLine(error)
      }`,
    );
  }
}
