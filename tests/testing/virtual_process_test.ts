import { assert, assertEquals, assertThrows } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { Consumer } from "../../consumer.ts";
import { string } from "../../processors/mod.ts";
import {
  DirectClient,
  KinesisServer,
  VirtualClock,
  VirtualProcess,
} from "../../testing/mod.ts";

async function setUp() {
  const clock = new VirtualClock();
  const server = new KinesisServer({ clock });
  server.createStream("orders");
  await new DirectClient(server.fetch).putRecords({
    StreamName: "orders",
    Records: ["a", "b", "c"].map((value) => ({
      PartitionKey: "k",
      Data: new TextEncoder().encode(value),
    })),
  });
  const store = new MemoryCheckpointer();
  const start = (process: VirtualProcess) =>
    new Consumer({
      client: process.client(server.fetch),
      checkpointer: process.checkpointer(store),
      clock: process.clock,
      streamName: "orders",
      processor: string(),
      until: "caught-up",
    });
  /** Reads to the end in another process. */
  const readOn = async () => {
    const consumer = start(new VirtualProcess(clock));
    const seen: string[] = [];
    const read = async () => {
      for await (const { value } of consumer) seen.push(value);
    };
    await clock.runUntil(read());
    return { seen, states: consumer.status().shards.map((it) => it.state) };
  };
  return { clock, start, readOn };
}

Deno.test("VirtualProcess that is killed leaves its leases, and another one reads what it had not acknowledged", async () => {
  const { clock, start, readOn } = await setUp();
  const process = new VirtualProcess(clock);
  const reader = start(process).getReader();
  const { value: a } = await clock.runUntil(reader.read());
  a!.ack();
  await clock.advance(10_000); // the checkpoint is stored
  await clock.runUntil(reader.read());
  process.kill();
  assert(!process.isRunning);
  const before = clock.monotonic();
  const { seen } = await readOn();
  assertEquals(seen, ["b", "c"]);
  assert(clock.monotonic() - before >= 10_000, "the lease has to expire");
});

Deno.test("VirtualProcess that is not killed keeps its shards, which the status of another consumer shows", async () => {
  const { clock, start, readOn } = await setUp();
  const reader = start(new VirtualProcess(clock)).getReader();
  await clock.runUntil(reader.read());
  assertEquals(await readOn(), { seen: [], states: ["elsewhere"] });
});

Deno.test("VirtualProcess that is frozen loses its shards, and its late acknowledgement changes nothing", async () => {
  const { clock, start, readOn } = await setUp();
  const process = new VirtualProcess(clock);
  const consumer = start(process);
  const reader = consumer.getReader();
  const { value: a } = await clock.runUntil(reader.read());
  process.freeze();
  const { seen } = await readOn();
  assertEquals(seen, ["a", "b", "c"]);
  process.thaw();
  try {
    a!.ack();
  } catch {
    // The process may know by now that its lease is lost.
  }
  await clock.advance(60_000);
  assertEquals((await readOn()).seen, [], "all are processed");
});

Deno.test("VirtualProcess refuses wrong options", () => {
  const clock = new VirtualClock();
  const latencyMs = -1;
  assertThrows(() => new VirtualProcess(clock, { latencyMs }), RangeError);
  assertThrows(() => new VirtualProcess({} as VirtualClock), TypeError);
});
