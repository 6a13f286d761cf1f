/** Objects that take the place of a client. */
import { assertEquals, assertThrows } from "@std/assert";
import { json } from "../../processors/mod.ts";
import type { ProducerClient } from "../../producer.ts";
import { setUpProducer } from "./_set_up.ts";

Deno.test("Producer sends through any object with the methods of ProducerClient", async () => {
  const inner = setUpProducer<number>({ processor: json() });
  let requests = 0;
  const client: ProducerClient = {
    putRecords: (request, call) => {
      requests++;
      return inner.client.putRecords(request, call);
    },
    listAllShards: () => inner.client.listAllShards(),
    describeStreamSummary: () => inner.client.describeStreamSummary(),
    createStream: (request) => inner.client.createStream(request),
    waitUntilActive: (target, call) =>
      inner.client.waitUntilActive(target, call),
    waitUntilDeleted: (target, call) =>
      inner.client.waitUntilDeleted(target, call),
  };
  const { clock, producer } = setUpProducer<number>({
    client,
    processor: json(),
  });
  await clock.runUntil(producer.putAll([1, 2]));
  await producer.close();
  assertEquals(requests, 1);
  assertEquals(inner.client.texts, ["1", "2"]);
});

Deno.test("Producer names the methods that a client lacks", () => {
  const client = {} as ProducerClient;
  assertThrows(
    () => setUpProducer({ client, processor: json() }),
    TypeError,
    "'client' must be an object with the methods putRecords, listAllShards, describeStreamSummary",
  );
});
