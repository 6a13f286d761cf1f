import { assertEquals } from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer } from "../../consumer.ts";
import { json } from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
import { KinesisServer } from "../../testing/mod.ts";

Deno.test("Producer and Consumer ask the account of the stream's ARN, whatever account the credentials have", async () => {
  const server = new KinesisServer();
  const { streamARN } = server.createStream("orders", { shards: 2 });
  const hosts = new Set<string>();
  const client = new KinesisClient({
    region: "us-east-1",
    credentials: {
      accessKeyId: "id",
      secretAccessKey: "secret",
      accountId: "999999999999",
    },
    fetch: (url, init) => {
      hosts.add(new URL(String(url)).host);
      return server.fetch(url, init);
    },
  });
  const common = { client, streamARN, processor: json<number>() };
  const producer = new Producer<number>(common);
  const writer = producer.getWriter();
  for (const n of [1, 2, 3]) await writer.write(n);
  await writer.close();
  const seen: number[] = [];
  const consumer = new Consumer<number>({ ...common, until: "caught-up" });
  for await (const { value } of consumer) seen.push(value);
  assertEquals(seen.sort(), [1, 2, 3]);
  assertEquals([...hosts].sort(), [
    "123456789012.control-kinesis.us-east-1.amazonaws.com",
    "123456789012.data-kinesis.us-east-1.amazonaws.com",
  ]);
});
