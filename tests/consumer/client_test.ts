import { assert, assertEquals } from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";
import type { ConsumerClient } from "../../consumer.ts";
import { values, World } from "./_world.ts";

Deno.test("Consumer reads through any object with the methods that it calls", async () => {
  const world = new World({ shards: 2 });
  await world.put(10);
  const real = world.client();
  const calls = new Set<string>();
  const client: ConsumerClient = {
    describeStream: (...given) => real.describeStream(...given),
    getRecords(...given) {
      calls.add("getRecords");
      return real.getRecords(...given);
    },
    getShardIterator(...given) {
      calls.add("getShardIterator");
      return real.getShardIterator(...given);
    },
    listAllShards(...given) {
      calls.add("listAllShards");
      return real.listAllShards(...given);
    },
  };
  const consumer = world.consumer({ client, until: "caught-up" });
  assertEquals(values(await world.drain(consumer)).length, 10);
  assertEquals([...calls], ["listAllShards", "getShardIterator", "getRecords"]);
});

Deno.test("Consumer reads through the method getRecords of a class that extends KinesisClient", async () => {
  const world = new World({ shards: 1 });
  await world.put(10);
  class Counting extends KinesisClient {
    reads = 0;

    override getRecords(
      ...given: Parameters<KinesisClient["getRecords"]>
    ): ReturnType<KinesisClient["getRecords"]> {
      this.reads++;
      return super.getRecords(...given);
    }
  }
  const { fetch, clock } = world;
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  const client = new Counting({
    region: "eu-west-1",
    credentials,
    fetch,
    clock,
  });
  const consumer = world.consumer({ client, until: "caught-up" });
  assertEquals(values(await world.drain(consumer)).length, 10);
  assert(client.reads > 0);
});

Deno.test("Consumer leaves an answer as it is whose buffer belongs to the fetch of the user", async () => {
  const world = new World({ shards: 1 });
  await world.put(10);
  const { clock } = world;
  const buffers: ArrayBuffer[] = [];
  const client = new KinesisClient({
    region: "eu-west-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    protocol: "cbor",
    clock,
    async fetch(...given) {
      const response = await world.fetch(...given);
      const buffer = await response.arrayBuffer();
      buffers.push(buffer);
      const { status } = response;
      const headers = new Headers(response.headers);
      headers.set("content-length", String(buffer.byteLength));
      // The same buffer each time, as that of a fixture.
      return Object.assign(new Response(null, { status, headers }), {
        arrayBuffer: () => Promise.resolve(buffer),
      });
    },
  });
  const consumer = world.consumer({ client, until: "caught-up" });
  assertEquals(values(await world.drain(consumer)).length, 10);
  assert(buffers.length > 0);
  assert(buffers.every(({ byteLength }) => byteLength > 0));
});
