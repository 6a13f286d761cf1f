/**
 * The run of the demo: writes and reads at the same time, reshards half way, kills the consumer,
 * resumes, and verifies.
 *
 * @module
 */
import { type KinesisClient, Producer } from "@webstreams/kinesis";
import type { Cleanup } from "./cleanup.ts";
import { connect, type Connection } from "./connection.ts";
import { type DataSet, inputData, sampleData } from "./data_sets.ts";
import { startEmulator } from "./emulator.ts";
import { before, type Envelope, envelopes } from "./envelope.ts";
import { oneLine } from "./errors.ts";
import { makeFolder } from "./folder.ts";
import type { ConsumerSettings } from "./messages.ts";
import { type DemoOptions, UsageError } from "./options.ts";
import { say } from "./output.ts";
import { PROCESSORS } from "./processors.ts";
import { count, megabytes, Progress } from "./progress.ts";
import { Reading } from "./reading.ts";
import { reshard } from "./reshard.ts";
import { openStream } from "./stream.ts";
import { verdictLine } from "./verify.ts";

/**
 * When the reshard, the kill and the wait happen, as fractions of the data set. At `WAIT_AT` the
 * writer waits until the reshard and the restart are done.
 */
const RESHARD_AT = 0.5;
const KILL_AT = 0.6;
const WAIT_AT = 0.75;

/**
 * Runs the demo. Resolves with whether the result is right. Everything that the run creates is in
 * `cleanup`.
 *
 * @throws {UsageError} if the options or the input cannot be used
 * @throws {KinesisError} if Kinesis cannot be reached or refuses
 */
export async function runDemo(
  options: DemoOptions,
  cleanup: Cleanup,
  signal: AbortSignal,
): Promise<boolean> {
  const folder = await makeFolder(cleanup);
  const { input, key } = options;
  const processor = PROCESSORS[options.processor]!();
  const data = input === undefined
    ? await sampleData()
    : await inputData({ input, key, folder, processor, signal });

  let { endpoint } = options;
  const { region } = options;
  const isEmbedded = !endpoint && !region;
  if (isEmbedded) {
    const emulator = await startEmulator();
    cleanup.add({
      left: "an emulator in this process",
      remove: () => emulator.close(),
      removeAtOnce: () => {}, // it ends with this process
    });
    endpoint = emulator.endpoint;
  }
  const connection = { endpoint, region };
  const client = clientFor(connection);

  const { streamName, isOwn } = await openStream({
    client,
    connection,
    name: options.stream,
    shards: options.shards,
    cleanup: isEmbedded ? undefined : cleanup,
    signal,
  });
  const where = isEmbedded ? "an emulator in this process" : endpoint ?? region;
  say(
    `${data.name}: ${
      count(data.total)
    } records through ${streamName} in ${where}`,
  );
  const run = crypto.randomUUID().slice(0, 8);
  const consumer: ConsumerSettings = {
    connection,
    streamName,
    isOwnStream: isOwn,
    processor: options.processor,
    run,
    checkpoints: `${folder}/checkpoints.sqlite3`,
  };
  const withReshard = isOwn || options.reshard;
  return await flow({ client, data, withReshard, consumer, cleanup, signal });
}

interface Flow {
  readonly client: KinesisClient;
  readonly data: DataSet;
  readonly withReshard: boolean;
  readonly consumer: ConsumerSettings;
  readonly cleanup: Cleanup;
  readonly signal: AbortSignal;
}

/** Writes and reads at the same time. */
async function flow(options: Flow): Promise<boolean> {
  const { client, data: { total }, consumer, cleanup } = options;
  // The first failure ends the writer and the reader.
  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const fail = (error: unknown) => failure.abort(error);

  const reading = new Reading(consumer, total, fail);
  cleanup.add({
    left: "the consumer process, which ends by itself",
    remove: () => reading.kill(),
    removeAtOnce: () => reading.killAtOnce(),
  });
  await reading.start(signal);

  const sent = { bytes: 0, records: 0 };
  const producer = new Producer<Envelope>({
    client,
    streamName: consumer.streamName,
    processor: PROCESSORS[consumer.processor]!(),
    partitionKey: "key",
    // A record of a key is sent after the previous one is acknowledged, so a retry changes no
    // order.
    ordering: "key",
    hooks: {
      onBatch({ bytes, records, failed }) {
        sent.bytes += bytes;
        sent.records += records - failed;
      },
    },
    signal,
  });
  const progress = new Progress(() => ({
    total,
    written: producer.stats().delivered,
    bytesIn: sent.bytes,
    read: reading.arrivals,
    arrived: reading.arrived,
    bytesOut: reading.bytes,
    shards: reading.table.positions(),
  }));
  const times = { start: performance.now(), written: 0, read: 0 };
  try {
    await write({ ...options, signal, fail, reading, progress, producer });
    times.written = performance.now();
    await reading.finished(signal);
    times.read = performance.now();
    await reading.stop();
  } finally {
    progress.close();
  }
  summarize(reading, producer.stats().retried, sent, times);
  return reading.verdict.ok;
}

interface Writing extends Flow {
  /** Ends the run with an error. */
  readonly fail: (error: unknown) => void;
  readonly reading: Reading;
  readonly progress: Progress;
  readonly producer: Producer<Envelope>;
}

/** Writes all values. On the way it reshards the stream, and kills and restarts the consumer. */
async function write(
  { data, producer, reading, progress, signal, fail, ...rest }: Writing,
): Promise<void> {
  const { client, consumer: { run, streamName }, withReshard } = rest;
  const at = (part: number) => Math.floor(data.total * part);
  const killed = reading.reached(at(KILL_AT), signal).then(async () => {
    await reading.kill();
    progress.say("killed the consumer");
    await reading.start(signal);
    progress.say("started it again from its checkpoint");
  });
  killed.catch(fail);
  let resharded = Promise.resolve();
  const startReshard = async () => {
    if (!withReshard) {
      return progress.say("no reshard: the stream existed before");
    }
    progress.say(await reshard(client, streamName, signal));
  };
  await data.open()
    .pipeThrough(envelopes(run, (envelope) => reading.expect(envelope)))
    .pipeThrough(before(at(RESHARD_AT), () => {
      resharded = startReshard();
      resharded.catch(fail);
    }))
    .pipeThrough(before(at(WAIT_AT), async () => {
      await Promise.all([resharded, killed]);
    }))
    .pipeTo(producer, { signal });
}

/** Prints the amounts, the rates and the verdict. */
function summarize(
  { table, arrivals, bytes, verdict }: Reading,
  retried: number,
  sent: { bytes: number; records: number },
  { start, written, read }: { start: number; written: number; read: number },
): void {
  const rate = (records: number, ms: number) =>
    `in ${(ms / 1000).toFixed(1)} s, ${count(records / ms * 1000)} records/s`;
  say(`\n${table.lines().join("\n")}\n`);
  say(
    `written ${rate(verdict.records, written - start)}: ` +
      `${megabytes(sent.bytes)}, ${count(sent.records)} Kinesis records, ` +
      `${count(retried)} sent again`,
  );
  say(
    `read ${rate(arrivals, read - start)}: ${megabytes(bytes)}, ` +
      `${count(verdict.duplicates)} records for the second time, since the ` +
      "consumer was killed",
  );
  say(verdictLine(verdict));
}

function clientFor(connection: Connection): KinesisClient {
  try {
    return connect(connection);
  } catch (error) {
    // The endpoint or the region is invalid.
    throw new UsageError(oneLine(error), { cause: error });
  }
}
