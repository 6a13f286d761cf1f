import { assertEquals, assertRejects } from "@std/assert";
import { processedIterator } from "../../_consumer/iterator.ts";
import type { ConsumerRecord } from "../../records.ts";

/** A stream of numbers that writes down what happens to them. */
function numbers(count: number, fails = false) {
  const log: string[] = [];
  let n = 0;
  const stream = new ReadableStream<ConsumerRecord<number>>({
    pull(controller) {
      if (n === count) {
        return fails
          ? controller.error(new Error("broken"))
          : controller.close();
      }
      const value = n++;
      log.push(`read ${value}`);
      controller.enqueue(
        { value, ack: () => void log.push(`ack ${value}`) } as ConsumerRecord<
          number
        >,
      );
    },
    cancel: (reason) => void log.push(`cancel ${reason}`),
  }, { highWaterMark: 0 });
  return { log, stream };
}

Deno.test("processedIterator acknowledges a record when the next one is asked for", async () => {
  const { log, stream } = numbers(2);
  for await (const { value } of processedIterator(stream)) {
    log.push(`handle ${value}`);
  }
  assertEquals(log, [
    "read 0",
    "handle 0",
    "ack 0",
    "read 1",
    "handle 1",
    "ack 1",
  ]);
  assertEquals(stream.locked, false);
});

Deno.test("processedIterator answers calls in their order", async () => {
  const { log, stream } = numbers(3);
  const iterator = processedIterator(stream);
  const results = await Promise.all(
    Array.from({ length: 5 }, () => iterator.next()),
  );
  assertEquals(results.map(({ value }) => value?.value), [
    0,
    1,
    2,
    undefined,
    undefined,
  ]);
  assertEquals(log, ["read 0", "ack 0", "read 1", "ack 1", "read 2", "ack 2"]);
});

Deno.test("processedIterator.return cancels behind the calls before it, and acknowledges nothing", async () => {
  const { log, stream } = numbers(3);
  const iterator = processedIterator(stream);
  const first = iterator.next();
  const end = iterator.return!("enough");
  assertEquals((await first).value?.value, 0);
  assertEquals(await end, { done: true, value: "enough" });
  assertEquals(log, ["read 0", "cancel enough"]);
  assertEquals((await iterator.next()).done, true);
});

Deno.test("processedIterator leaves the stream open with preventCancel", async () => {
  const { log, stream } = numbers(3);
  const once = processedIterator(stream, { preventCancel: true });
  for await (const _ of once) break;
  const reader = stream.getReader();
  assertEquals((await reader.read()).value?.value, 1);
  assertEquals(log, ["read 0", "read 1"]);
});

Deno.test("processedIterator throws what the stream fails with, once", async () => {
  const { stream } = numbers(1, true);
  const iterator = processedIterator(stream);
  await iterator.next();
  await assertRejects(() => iterator.next(), Error, "broken");
  assertEquals((await iterator.next()).done, true);
  assertEquals(stream.locked, false);
});
