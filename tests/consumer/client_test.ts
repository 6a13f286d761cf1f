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
