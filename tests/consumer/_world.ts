/**
 * An in-memory stream, a fake clock, and consumers of the stream on this clock.
 *
 * @module
 */
import type { Environment } from "../../credentials/mod.ts";
import { assertEquals } from "@std/assert";
import {
  type Fetch,
  KinesisClient,
  type KinesisClientOptions,
} from "../../client/mod.ts";
import { Consumer, type ConsumerOptions } from "../../consumer.ts";
import type { ConsumerHooks } from "../../hooks.ts";
import { jsonLines } from "../../processors/mod.ts";
import type { ConsumerRecord } from "../../records.ts";
import {
  type FaultRule,
  type FaultyFetch,
  KinesisServer,
  type KinesisServerOptions,
  withFaults,
} from "../../testing/mod.ts";
import { passTime, runUntilSettled } from "../_services/drive.ts";
import { FakeClock } from "../_services/fake_clock.ts";
import { isWorking } from "../_services/real_work.ts";

/** A value that a test writes: its key, and its number among the values of the key, from 0. */
export interface Item {
  readonly key: string;
  readonly i: number;
}

/** Options of a {@linkcode World}. */
export interface WorldOptions {
  shards?: number;
  rules?: FaultRule[];
  /**
   * The seed of the rules.
   * @default {1}
   */
  seed?: number;
  server?: KinesisServerOptions;
}

export const STREAM = "orders";
const encoder = new TextEncoder();
const credentials = { accessKeyId: "id", secretAccessKey: "secret" };

/** Without variables and files, so that no test depends on the machine or waits for the disk. */
const NO_ENVIRONMENT: Environment = {
  env: () => undefined,
  readTextFile: () => Promise.reject(new Error("There are no files")),
};

/** A stream, its clock, and the values that were written to it. */
export class World {
  readonly clock = new FakeClock();
  readonly server: KinesisServer;
  readonly fetch: FaultyFetch;
  readonly shardIds: string[];
  /** The states that hooks reported, in order: `opened shardId-…`. */
  readonly events: string[] = [];
  readonly errors: unknown[] = [];
  readonly #client: KinesisClient;
  readonly #written = new Map<string, number>();
  #inFlight = 0;

  constructor(
    { shards = 1, rules = [], seed, server = {} }: WorldOptions = {},
  ) {
    this.server = new KinesisServer({
      clock: this.clock,
      limits: false,
      logLimit: 100_000,
      ...server,
    });
    const { shardIds } = this.server.createStream(STREAM, { shards });
    this.shardIds = [...shardIds];
    this.fetch = withFaults(this.server.fetch, {
      rules,
      seed,
      clock: this.clock,
    });
    this.#client = this.#count(
      new KinesisClient({
        region: "eu-west-1",
        credentials,
        environment: NO_ENVIRONMENT,
        fetch: this.server.fetch,
      }),
    );
  }

  /**
   * A client. The fake clock stands still during its requests, because signing takes real time. So
   * the client makes one attempt and uses the real clock.
   */
  client(
    wrap: (fetch: Fetch) => Fetch = (fetch) => fetch,
    keys: KinesisClientOptions["credentials"] = credentials,
    options: KinesisClientOptions = {},
  ): KinesisClient {
    return this.#count(
      new KinesisClient({
        region: "eu-west-1",
        credentials: keys,
        environment: NO_ENVIRONMENT,
        fetch: wrap(this.fetch),
        retry: { maxAttempts: 1 },
        ...options,
      }),
    );
  }

  /** A consumer of the stream on the clock of this world. */
  consumer<T = Item>(
    options: Partial<ConsumerOptions<T>> = {},
  ): Consumer<T> {
    return new Consumer<T>({
      client: this.client(),
      streamName: STREAM,
      processor: jsonLines<T>(),
      clock: this.clock,
      hooks: this.hooks,
      ...options,
    });
  }

  /** Hooks that write into {@linkcode World.events} and {@linkcode World.errors}. */
  get hooks(): ConsumerHooks {
    return {
      onShard: ({ state, shardId }) =>
        void this.events.push(`${state} ${shardId}`),
      onReadError: ({ error }) => void this.errors.push(error),
    };
  }

  /**
   * Writes `count` records with `perRecord` values each. `shardId` chooses their shard in place of
   * their keys.
   */
  async put(
    count: number,
    { keys = ["a", "b", "c", "d", "e"], shardId, perRecord = 1 }: {
      keys?: string[];
      shardId?: string;
      perRecord?: number;
    } = {},
  ): Promise<void> {
    const ExplicitHashKey = shardId && await this.#hashKeyOf(shardId);
    for (let start = 0; start < count; start += 500) {
      const Records = Array.from(
        { length: Math.min(500, count - start) },
        (_, n) => {
          const key = keys[(start + n) % keys.length]!;
          const lines = Array.from(
            { length: perRecord },
            () => JSON.stringify(this.#next(key)) + "\n",
          );
          const Data = encoder.encode(lines.join(""));
          return { Data, PartitionKey: key, ExplicitHashKey };
        },
      );
      const answer = await this.#client.putRecords({
        StreamName: STREAM,
        Records,
      });
      assertEquals(answer.FailedRecordCount, 0);
    }
  }

  /** Writes a record of raw bytes. */
  async putRaw(
    data: string | Uint8Array<ArrayBuffer>,
    shardId: string,
  ): Promise<void> {
    await this.#client.putRecord({
      StreamName: STREAM,
      Data: typeof data === "string" ? encoder.encode(data) : data,
      PartitionKey: "raw",
      ExplicitHashKey: await this.#hashKeyOf(shardId),
    });
  }

  /** The number of values that were written, by key. */
  get written(): ReadonlyMap<string, number> {
    return this.#written;
  }

  /** Moves the clock from timer to timer until the promise settles. Returns its result. */
  run<R>(promise: Promise<R>, maxMs?: number): Promise<R> {
    return runUntilSettled(this.clock, () => this.quiet(), promise, maxMs);
  }

  /** Moves the clock by `ms` milliseconds, from timer to timer. */
  pass(ms: number): Promise<void> {
    return passTime(this.clock, () => this.quiet(), ms);
  }

  /** Resolves when no request is under way and all code waits for the clock or for the test. */
  async quiet(): Promise<void> {
    for (let turns = 0; turns < 3; turns++) {
      do await new Promise((resolve) => setImmediate(resolve)); while (
        this.#inFlight > 0 || isWorking()
      );
    }
  }

  /** Makes a call that takes real time. The clock stands still until it is done. */
  async holdTime<R>(call: () => Promise<R>): Promise<R> {
    this.#inFlight++;
    try {
      return await call();
    } finally {
      this.#inFlight--;
    }
  }

  /** Reads the next `count` records. */
  async read<R>(
    reader: { read(): Promise<ReadableStreamReadResult<R>> },
    count: number,
  ): Promise<R[]> {
    const records: R[] = [];
    while (records.length < count) {
      const { done, value } = await this.run(reader.read());
      if (done) break;
      records.push(value);
    }
    return records;
  }

  /** Reads all records until the end of the stream. */
  drain<R>(consumer: Consumer<R>): Promise<ConsumerRecord<R>[]> {
    return this.run(collect(consumer));
  }

  /** The number of requests of an action that the server has answered. */
  asked(action: string): number {
    return this.server.log.filter((entry) => entry.action === action).length;
  }

  /** The ids of the open shards in the order of their hash keys. */
  async openShards(): Promise<string[]> {
    const open: { id: string; start: bigint }[] = [];
    const all = this.#client.listAllShards({ StreamName: STREAM });
    for await (const { ShardId, HashKeyRange, SequenceNumberRange } of all) {
      if (SequenceNumberRange.EndingSequenceNumber !== undefined) continue;
      open.push({ id: ShardId, start: BigInt(HashKeyRange.StartingHashKey) });
    }
    open.sort((x, y) => x.start < y.start ? -1 : 1);
    return open.map(({ id }) => id);
  }

  #next(key: string): Item {
    const i = this.#written.get(key) ?? 0;
    this.#written.set(key, i + 1);
    return { key, i };
  }

  async #hashKeyOf(shardId: string): Promise<string> {
    for await (
      const shard of this.#client.listAllShards({ StreamName: STREAM })
    ) {
      if (shard.ShardId === shardId) return shard.HashKeyRange.StartingHashKey;
    }
    throw new Error(`There is no ${shardId}`);
  }

  #count(client: KinesisClient): KinesisClient {
    const counted =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      (...args: A): Promise<R> => this.holdTime(() => call(...args));
    client.createStream = counted(client.createStream.bind(client));
    client.describeStream = counted(client.describeStream.bind(client));
    client.describeStreamSummary = counted(
      client.describeStreamSummary.bind(client),
    );
    client.getRecords = counted(client.getRecords.bind(client));
    client.getShardIterator = counted(client.getShardIterator.bind(client));
    client.listShards = counted(client.listShards.bind(client));
    client.putRecord = counted(client.putRecord.bind(client));
    client.putRecords = counted(client.putRecords.bind(client));
    return client;
  }
}

/** Reads all records until the end of the stream. */
export async function collect<R>(
  consumer: Consumer<R>,
): Promise<ConsumerRecord<R>[]> {
  const records: ConsumerRecord<R>[] = [];
  for await (const record of consumer) records.push(record);
  return records;
}

/** Asserts that all values of each key were read once and in order. */
export function assertComplete(
  items: readonly Item[],
  written: ReadonlyMap<string, number>,
): void {
  const seen = new Map<string, number[]>();
  for (const { key, i } of items) {
    const of = seen.get(key);
    if (of) of.push(i);
    else seen.set(key, [i]);
  }
  for (const [key, count] of written) {
    assertEquals(
      seen.get(key) ?? [],
      Array.from({ length: count }, (_, i) => i),
    );
  }
}

/** The values of records. */
export function values<T>(records: readonly ConsumerRecord<T>[]): T[] {
  return records.map(({ value }) => value);
}
