import { assertEquals } from "@std/assert";
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
