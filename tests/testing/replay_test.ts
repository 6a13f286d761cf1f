import { assert, assertEquals, assertRejects } from "@std/assert";
import { KinesisError } from "../../errors.ts";
import { KinesisClient, Producer } from "../../mod.ts";
import { jsonLines, kplJson, string } from "../../processors/mod.ts";
import {
  type Capture,
  capture,
  type CapturedRecord,
  KinesisServer,
  readCapture,
  replay,
  type ReplayOptions,
} from "../../testing/mod.ts";

const SEEDS = Array.from({ length: 10 }, (_, n) => n + 1);
const encode = (text: string) => new TextEncoder().encode(text);

/** A record of every second, in turn of two shards that are merged after half of the time. */
function captureOf(length: number, stepMs = 1000): Capture {
  const idOf = (n: number) => `shardId-00000000000${n}`;
  const hashKeys = { startingHashKey: "0", endingHashKey: "1" };
  const records = Array.from({ length }, (_, n): CapturedRecord => ({
    shardId: idOf(n < length / 2 ? n % 2 : 2),
    sequenceNumber: `${1000 + n}`,
    partitionKey: `key-${n % 4}`,
    arrivedAt: 1_700_000_000_000 + stepMs * n,
    data: encode(`value ${n}`),
  }));
  // As a consumer sees them: shard by shard.
  records.sort((a, b) => a.shardId < b.shardId ? -1 : 1);
  return {
    stream: "orders",
    shards: [
      { shardId: idOf(0), ...hashKeys },
      { shardId: idOf(1), ...hashKeys },
      {
        shardId: idOf(2),
        parentShardId: idOf(0),
        adjacentParentShardId: idOf(1),
        ...hashKeys,
      },
    ],
    records,
  };
}

Deno.test("replay calls the handler for each record, again after crashes, and says what the handler saw", async () => {
  const sums = { crashes: 0, reshards: 0, repeated: 0 };
  for (const seed of SEEDS) {
    const handled: string[] = [];
    const report = await replay(captureOf(40), async (record, { io }) => {
      await io(() => handled.push(record.value));
    }, { seed, processor: string() });
    assertEquals(report.values, 40);
    assertEquals(report.seen.length, report.calls);
    const texts = report.seen.filter((it) => it.completed).map(({ record }) =>
      new TextDecoder().decode(record.data)
    );
    assertEquals(new Set(texts).size, 40);
    for (const text of texts) assert(handled.includes(text));
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) {
      sums[name] += report[name];
    }
  }
  for (const [name, sum] of Object.entries(sums)) {
    assert(sum >= SEEDS.length / 2, `${name}: ${sum}`);
  }
});

Deno.test("replay keeps the order of a partition key across the shards of a capture", async () => {
  const { seen } = await replay(captureOf(40), () => {}, { seed: 4 });
  const firsts = new Map<string, string[]>();
  for (const { record } of seen) {
    const list = firsts.get(record.partitionKey!) ?? [];
    if (!list.includes(record.sequenceNumber)) list.push(record.sequenceNumber);
    firsts.set(record.partitionKey!, list);
  }
  for (const list of firsts.values()) assertEquals(list, list.toSorted());
  assertEquals([...firsts.values()].flat().length, 40);
});

Deno.test("replay is the same for the same seed, and an hour is played in ten minutes", async () => {
  const run = (seed: number) =>
    replay(captureOf(60, 60_000), () => {}, { seed });
  const [first, again, other] = [await run(1), await run(1), await run(2)];
  assertEquals(first, again);
  assert(first.calls !== other.calls || first.crashes !== other.crashes);
  assert(first.virtualMs >= 600_000 && first.virtualMs < 1_300_000);
});

Deno.test("replay finds a handler that is not safe when values come again", async () => {
  let found = 0;
  for (const seed of SEEDS) {
    let count = 0;
    const check = () => assertEquals(count, 40);
    try {
      await replay(captureOf(40), async (_, { io }) => {
        await io(() => count++);
      }, { seed, check });
    } catch (error) {
      assert(error instanceof KinesisError);
      assertEquals(error.code, "SimulationFailed");
      found++;
    }
  }
  assert(found >= SEEDS.length / 2, `${found}`);
});

Deno.test("replay reads several values of a record, and records without key or time", async () => {
  const capture: Capture = {
    stream: "orders",
    shards: [],
    records: [
      { shardId: "s-1", sequenceNumber: "1", data: encode("1\n2\n3\n") },
      { shardId: "s-1", sequenceNumber: "2", data: encode("\n") },
      {
        shardId: "s-1",
        sequenceNumber: "3",
        partitionKey: "k",
        arrivedAt: 5,
        data: encode("4\n"),
      },
    ],
  };
  const values = new Set<number>();
  const report = await replay(capture, ({ value }) => values.add(value), {
    processor: jsonLines<number>(),
  });
  assertEquals([...values].sort(), [1, 2, 3, 4]);
  assertEquals(report.values, 4);
  const places = new Set(
    report.seen.map((it) =>
      `${it.record.sequenceNumber}/${it.subSequenceNumber}`
    ),
  );
  assertEquals([...places].sort(), ["1/0", "1/1", "1/2", "3/0"]);
});

Deno.test("replay says which record the processor cannot read, and refuses wrong arguments", async () => {
  const error = await assertRejects(
    () => replay(captureOf(4), () => {}, { processor: jsonLines() }),
    KinesisError,
    'cannot be read with the processor "json+newline": Cannot decode item 0 of record "1000" of shardId-000000000000',
  );
  assertEquals(error.code, "Undecodable");
  const file = new Blob(["a,b\n1,2\n"]).stream();
  const foreign = await assertRejects(
    () => replay(file, () => {}),
    KinesisError,
    "line 1 is no header",
  );
  assertEquals(foreign.code, "NotACapture");
  const wrong = [{ seeds: 1 }, { processor: {} }, { check: 1 }];
  for (const options of wrong) {
    await assertRejects(
      () => replay(captureOf(1), () => {}, options as ReplayOptions<never>),
      TypeError,
      "Cannot replay as '",
    );
  }
});

Deno.test("replay leaves out the records that a consumer drops, because they were sent again to the right shards", async () => {
  const server = new KinesisServer({ limits: false });
  const { streamName, shardIds } = server.createStream("orders", { shards: 2 });
  const client = new KinesisClient(server.connection);
  const processor = kplJson<number>();
  const stream = { client, streamName, processor };
  const producer = new Producer<number>({
    ...stream,
    partitionKey: (n) => `key-${n % 7}`,
  });
  const write = async (from: number, to: number) => {
    for (let n = from; n < to; n++) producer.put(n);
    await producer.flush();
  };
  await write(0, 50);
  server.split(streamName, shardIds[0]!);
  await write(50, 100);
  await producer.close();
  const { readable, writable } = new TransformStream<
    Uint8Array<ArrayBuffer>
  >();
  const [, captured] = await Promise.all([
    capture({ client, streamName, until: "caught-up", to: writable }),
    readCapture(readable),
  ]);
  const report = await replay(captured, () => {}, { processor });
  assertEquals(report.values, 100);
});

Deno.test("replay and its seeds refuse what they do not know", async () => {
  for (const seed of [-1, 2 ** 32, Infinity, 1.5]) {
    await assertRejects(
      () => replay(captureOf(2), () => {}, { seed }),
      RangeError,
      "'seed' must be an integer from 0 to 4294967295",
    );
  }
  const process = { concurency: 1 } as ReplayOptions<unknown>["process"];
  await assertRejects(
    () => replay(captureOf(2), () => {}, { process }),
    TypeError,
    "it has 'concurency'",
  );
});
