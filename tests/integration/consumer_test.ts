import { assert, assertEquals, assertRejects } from "@std/assert";
import { KvCheckpointer, MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer, type ConsumerOptions } from "../../consumer.ts";
import { KinesisError } from "../../errors.ts";
import { jsonLines } from "../../processors/mod.ts";
import type { ConsumerRecord } from "../../records.ts";
import { startInMemory } from "../_services/in_memory.ts";
import { startKinesalite } from "../_services/kinesalite.ts";
import { startKinesisLocal } from "../_services/kinesis_local.ts";
import type { Service } from "../_services/service.ts";

interface Item {
  readonly key: string;
  readonly i: number;
}

const KEYS = [..."abcdefghij"];
const encoder = new TextEncoder();

/** A stream on an emulator. */
class Stream {
  readonly client: KinesisClient;
  readonly #name: string;
  #written = 0;

  constructor(endpoint: string, name: string) {
    this.#name = name;
    this.client = new KinesisClient({
      region: "us-east-1",
      endpoint,
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    });
  }

  async create(ShardCount: number): Promise<void> {
    const StreamName = this.#name;
    await this.client.createStream({ StreamName, ShardCount });
    await this.active();
  }

  async active(): Promise<void> {
    await this.client.waitUntilActive({ StreamName: this.#name });
  }

  /** Writes as many of each key, two values in a record. */
  async put(each: number): Promise<void> {
    const Records = KEYS.flatMap((key) =>
      Array.from({ length: each / 2 }, (_, n) => {
        const lines = [0, 1].map((m) =>
          JSON.stringify({ key, i: this.#written + 2 * n + m }) + "\n"
        );
        return { PartitionKey: key, Data: encoder.encode(lines.join("")) };
      })
    );
    const answer = await this.client.putRecords({
      StreamName: this.#name,
      Records,
    });
    assertEquals(answer.FailedRecordCount ?? 0, 0);
    this.#written += each;
  }

  /** Writes one value with a key of its own. */
  async putOne(key: string) {
    const Data = encoder.encode(JSON.stringify({ key, i: 0 }) + "\n");
    return await this.client.putRecord({
      StreamName: this.#name,
      PartitionKey: key,
      Data,
    });
  }

  async shards() {
    const shards = [];
    for await (
      const shard of this.client.listAllShards({ StreamName: this.#name })
    ) shards.push(shard);
    return shards;
  }

  /** Splits the first open shard in the middle. */
  async split(): Promise<void> {
    const shard = await this.#open(0);
    const { StartingHashKey, EndingHashKey } = shard.HashKeyRange;
    await this.client.splitShard({
      StreamName: this.#name,
      ShardToSplit: shard.ShardId,
      NewStartingHashKey: String(
        (BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n,
      ),
    });
    await this.active();
  }

  /** Merges the first two open shards. */
  async merge(): Promise<void> {
    await this.client.mergeShards({
      StreamName: this.#name,
      ShardToMerge: (await this.#open(0)).ShardId,
      AdjacentShardToMerge: (await this.#open(1)).ShardId,
    });
    await this.active();
  }

  consumer(options: Partial<ConsumerOptions<Item>> = {}): Consumer<Item> {
    return new Consumer<Item>({
      client: this.client,
      streamName: this.#name,
      processor: jsonLines<Item>(),
      readsPerSecond: 50,
      pollIntervalMs: 50,
      ...options,
    });
  }

  /** That everything came, each key in order. */
  assertComplete(records: readonly ConsumerRecord<Item>[]): void {
    for (const key of KEYS) {
      const of = records.filter(({ value }) => value.key === key);
      assertEquals(
        of.map(({ value }) => value.i),
        Array.from({ length: this.#written }, (_, i) => i),
      );
    }
  }

  async #open(n: number) {
    const open = (await this.shards()).filter((shard) =>
      shard.SequenceNumberRange.EndingSequenceNumber === undefined
    );
    open.sort((x, y) =>
      BigInt(x.HashKeyRange.StartingHashKey) <
          BigInt(y.HashKeyRange.StartingHashKey)
        ? -1
        : 1
    );
    return open[n]!;
  }
}

async function collect(consumer: Consumer<Item>) {
  const records: ConsumerRecord<Item>[] = [];
  for await (const record of consumer) records.push(record);
  return records;
}

const emulators: Record<string, () => Promise<Service>> = {
  kinesalite: startKinesalite,
  "kinesis-local": startKinesisLocal,
  // With its limits off: it would throttle what the emulators give.
  KinesisServer: () => startInMemory({ limits: false }),
};

for (const [name, start] of Object.entries(emulators)) {
  Deno.test(`Consumer on ${name}`, async (t) => {
    await using service = await start();
    const streamOf = async (name: string, shards: number) => {
      const stream = new Stream(service.endpoint, name);
      await stream.create(shards);
      return stream;
    };

    await t.step("ends when caught up with an empty stream", async () => {
      const stream = await streamOf("empty", 2);
      const consumer = stream.consumer({ until: "caught-up" });
      assertEquals(await collect(consumer), []);
    });

    await t.step(
      "reads all shards across a split and a merge, and resumes behind that",
      async () => {
        const stream = await streamOf("resharded", 2);
        await stream.put(20);
        await stream.split();
        await stream.put(20);
        await stream.merge();
        await stream.put(20);
        const checkpointer = new MemoryCheckpointer();
        const run = () =>
          collect(stream.consumer({ checkpointer, until: "caught-up" }));
        stream.assertComplete(await run());
        assertEquals(await run(), []);
      },
    );

    // kinesalite has whole seconds, and does not answer for a time behind the last record.
    const hasTimes = name !== "kinesalite";

    await t.step({
      name:
        "starts and ends at a time to the millisecond, and at sequence numbers",
      ignore: !hasTimes,
      fn: async () => {
        const stream = await streamOf("spans", 2);
        for (let round = 0; round < 3; round++) {
          // Two records of each key.
          await stream.put(4);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        const all = await collect(stream.consumer({ until: "caught-up" }));
        const time = (record: ConsumerRecord<Item>) =>
          record.approximateArrivalTimestamp!.getTime();
        const times = [...new Set(all.map(time))].sort((x, y) => x - y);
        const idsOf = (records: readonly ConsumerRecord<Item>[]) =>
          records.map(({ id }) => id).sort();
        for (const first of [times[1]!, times.at(-2)!]) {
          const from = new Date(first);
          const until = new Date(times.at(-1)!);
          const got = await collect(stream.consumer({ from, until }));
          const expected = all.filter((record) =>
            time(record) >= first && time(record) < until.getTime()
          );
          assertEquals(idsOf(got), idsOf(expected), `${first}`);
        }
        const [{ shardId }] = all as [ConsumerRecord<Item>];
        const ofShard = all.filter((record) => record.shardId === shardId);
        const { sequenceNumber } = ofShard[10]!;
        for (const type of ["SEQUENCE", "AT_SEQUENCE_NUMBER"] as const) {
          const from = { [shardId]: { type, sequenceNumber } };
          const got = await collect(
            stream.consumer({ from, until: "caught-up" }),
          );
          const start = ofShard.findIndex((record) =>
            record.sequenceNumber === sequenceNumber
          ) + (type === "SEQUENCE" ? 2 : 0);
          assertEquals(
            idsOf(got.filter((record) =>
              record.shardId === shardId
            )),
            idsOf(ofShard.slice(start)),
            type,
          );
        }
        const from = { "shardId-000000000099": { type: "LATEST" } } as const;
        const error = await assertRejects(
          () => collect(stream.consumer({ from })),
          KinesisError,
        );
        assertEquals(error.code, "UnknownShard");
      },
    });

    await t.step({
      name: "does not read what was closed before its start",
      ignore: !hasTimes,
      fn: async () => {
        const stream = await streamOf("closed", 1);
        await stream.put(4);
        await stream.split();
        await stream.put(4);
        await new Promise((resolve) => setTimeout(resolve, 20));
        const { ShardId: shardId } = await stream.putOne("new");
        const all = await collect(stream.consumer({ until: "caught-up" }));
        const opened: string[] = [];
        const consumer = stream.consumer({
          from: all.find(({ value }) => value.key === "new")
            ?.approximateArrivalTimestamp,
          until: "caught-up",
          hooks: {
            onShard: (event) =>
              void (event.state === "opened" && opened.push(event.shardId)),
          },
        });
        const got = await collect(consumer);
        assertEquals(got.map(({ value }) => value.key), ["new"]);
        assertEquals(got[0]!.shardId, shardId);
        // kinesis-local lists a closed shard for some seconds more, and it is then read from the time
        // on.
        if (name === "KinesisServer") assertEquals(opened.length, 2);
        else assert(opened.length === 2 || opened.length === 3);
      },
    });

    await t.step("creates its stream, and reads two as one", async () => {
      const [first, second] = ["made", "made-too"].map((name) =>
        new Stream(service.endpoint, name)
      ) as [Stream, Stream];
      const many = new Consumer<Item>({
        client: first.client,
        processor: jsonLines<Item>(),
        createStream: { shardCount: 2 },
        from: "LATEST",
        readsPerSecond: 50,
        pollIntervalMs: 50,
        limit: 80,
        streams: [{ streamName: "made" }, { streamName: "made-too" }],
      });
      await many.ready;
      const reading = collect(many);
      await first.put(4);
      await second.put(4);
      const records = await reading;
      for (
        const [name, stream] of [["made", first], ["made-too", second]] as const
      ) {
        stream.assertComplete(
          records.filter(({ streamName }) => streamName === name),
        );
      }
    });

    await t.step(
      "with LATEST follows a split and a merge while reading",
      async () => {
        const stream = await streamOf("latest", 2);
        const consumer = stream.consumer({ from: "LATEST", limit: 600 });
        await consumer.ready;
        const reading = collect(consumer);
        await stream.put(20);
        await stream.split();
        await stream.put(20);
        await stream.merge();
        await stream.put(20);
        stream.assertComplete(await reading);
      },
    );

    await t.step(
      "resumes inside a record after a break, with Deno KV in a file over restarts",
      async () => {
        const stream = await streamOf("restarted", 2);
        await stream.put(40);
        await stream.split();
        await stream.put(10);
        const path = await Deno.makeTempFile({ suffix: ".sqlite3" });
        const records: ConsumerRecord<Item>[] = [];
        const processed = new Set<string>();
        try {
          for (let round = 0, done = false; !done; round++) {
            assert(round < 40);
            const kv = await Deno.openKv(path);
            const checkpointer = new KvCheckpointer({ kv, name: "test" });
            const consumer = stream.consumer({
              checkpointer,
              until: "caught-up",
            });
            let count = 0;
            done = true;
            for await (const record of consumer) {
              if (count++ === 37) {
                done = false;
                break;
              }
              const { key, i } = record.value;
              assert(!processed.has(`${key}${i}`), "came twice");
              processed.add(`${key}${i}`);
              records.push(record);
            }
            kv.close();
          }
        } finally {
          await Deno.remove(path);
        }
        stream.assertComplete(records);
      },
    );

    await t.step(
      "fails when the stream does not exist, and when it is deleted",
      async () => {
        const missing = new Stream(service.endpoint, "missing").consumer();
        const error = await assertRejects(() => collect(missing), Error);
        assertEquals(
          (error as { code?: string }).code,
          "ResourceNotFoundException",
        );
        const stream = await streamOf("deleted", 1);
        const consumer = stream.consumer();
        await consumer.ready;
        const reading = collect(consumer);
        await stream.client.deleteStream({ StreamName: "deleted" });
        const late = await assertRejects(() => reading, Error);
        assertEquals(
          (late as { code?: string }).code,
          "ResourceNotFoundException",
        );
      },
    );
  });
}
