import { assert } from "@std/assert";
import { Consumer, KinesisClient, Producer } from "../../mod.ts";
import { jsonLines } from "../../processors/mod.ts";
import { KinesisServer } from "../../testing/mod.ts";

Deno.test("Consumer lets timers run while a busy loop works through buffered records", async () => {
  const { connection } = new KinesisServer();
  const stream = {
    client: new KinesisClient(connection),
    streamName: "busy",
    processor: jsonLines<number>(),
  };
  const producer = new Producer({ ...stream, createStream: { shardCount: 1 } });
  await ReadableStream.from(Array(3000).keys()).pipeTo(producer);

  let timer: ReturnType<typeof setTimeout> | undefined;
  let fired = false;
  let firedBeforeTheEnd = false;
  for await (const { value } of new Consumer({ ...stream, limit: 3000 })) {
    timer ??= setTimeout(() => fired = true, 0);
    const until = performance.now() + 0.1;
    while (performance.now() < until);
    if (value === 2999) firedBeforeTheEnd = fired;
  }
  clearTimeout(timer);
  assert(firedBeforeTheEnd, "300 ms of work kept a timer of 0 ms waiting");
});
