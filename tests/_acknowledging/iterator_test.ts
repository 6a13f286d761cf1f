import { assertEquals, assertRejects } from "@std/assert";
import { processedIterator } from "../../_acknowledging/iterator.ts";
import type { ConsumerRecord } from "../../records.ts";

/** A stream of numbers with a log of the reads, acknowledgements and the cancel. */
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

Deno.test("processedIterator lets each loop acknowledge only its own records", async () => {
  const { log, stream } = numbers(4);
  const iterator = processedIterator(stream);
  const slow = iterator[Symbol.asyncIterator]();
  const fast = iterator[Symbol.asyncIterator]();
  assertEquals((await slow.next()).value?.value, 0);
  assertEquals((await fast.next()).value?.value, 1);
  assertEquals((await fast.next()).value?.value, 2);
  assertEquals(log, ["read 0", "read 1", "ack 1", "read 2"]);
  const [third, none] = await Promise.all([slow.next(), fast.next()]);
  assertEquals([third.value?.value, none.value?.value], [3, undefined]);
  assertEquals((await slow.next()).done, true);
  assertEquals(log.filter((line) => line.startsWith("ack")), [
    "ack 1",
    "ack 0",
    "ack 2",
    "ack 3",
  ]);
});

Deno.test("processedIterator lets the first loop go on where calls of next() began", async () => {
  const { log, stream } = numbers(2);
  const iterator = processedIterator(stream);
  await iterator.next();
  for await (const { value } of iterator) log.push(`handle ${value}`);
  assertEquals(log, ["read 0", "ack 0", "read 1", "handle 1", "ack 1"]);
});

Deno.test("processedIterator ends all loops when one is left, and acknowledges what the others had", async () => {
  for (const preventCancel of [false, true]) {
    const { log, stream } = numbers(3);
    const iterator = processedIterator(stream, { preventCancel });
    const left = iterator[Symbol.asyncIterator]();
    const busy = iterator[Symbol.asyncIterator]();
    const waiting = iterator[Symbol.asyncIterator]();
    await left.next();
    await busy.next();
    await left.return!();
    assertEquals((await busy.next()).done, true);
    assertEquals((await waiting.next()).done, true);
    assertEquals(log.filter((line) => line.startsWith("ack")), ["ack 1"]);
  }
});

Deno.test("processedIterator that is asked ahead answers in order, and acknowledges nothing from then on", async () => {
  const { log, stream } = numbers(3);
  const iterator = processedIterator(stream, {
    onAcknowledging: (will) => void log.push(`acknowledging ${will}`),
  });
  await iterator.next();
  const results = await Promise.all([
    iterator.next(),
    iterator.next(),
    iterator.next(),
  ]);
  assertEquals(results.map(({ value }) => value?.value), [1, 2, undefined]);
  assertEquals(log, [
    "acknowledging true",
    "read 0",
    "ack 0",
    "read 1",
    "acknowledging false",
    "read 2",
  ]);
});

Deno.test("processedIterator with 'acknowledge' false acknowledges nothing", async () => {
  const { log, stream } = numbers(2);
  for await (const _ of processedIterator(stream, { acknowledge: false }));
  assertEquals(log, ["read 0", "read 1"]);
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

/** The same numbers, of which some are there at once. */
function numbersNow(count: number, isThere: (n: number) => boolean) {
  const { log, stream } = numbers(count);
  const reader = stream.getReader();
  let n = 0;
  const next = async () => (await reader.read()).value!;
  const waiting: ConsumerRecord<number>[] = [];
  const fill = async () => {
    while (waiting.length < count) waiting.push(await next());
    log.length = 0;
  };
  const taken = () => waiting[n++];
  const outer = new ReadableStream<ConsumerRecord<number>>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const record = taken();
      if (record) controller.enqueue(record);
      else controller.close();
    },
  }, { highWaterMark: 0 });
  const takeNow = () => isThere(n) ? taken() : undefined;
  return { log, outer, fill, takeNow };
}

Deno.test("processedIterator hands out records that are there at once in order with the others, and acknowledges all", async () => {
  const there = [(n: number) => n % 3 > 0, () => true, (n: number) => n < 5];
  for (const isThere of there) {
    const { log, outer, fill, takeNow } = numbersNow(10, isThere);
    await fill();
    const seen: number[] = [];
    for await (const { value } of processedIterator(outer, {}, takeNow)) {
      seen.push(value);
      assertEquals(log.length, value);
    }
    assertEquals(seen, [...Array(10).keys()]);
    assertEquals(log, seen.map((n) => `ack ${n}`));
  }
});

Deno.test("processedIterator takes a call for one ahead until the record that was there at once has arrived", async () => {
  const { log, outer, fill, takeNow } = numbersNow(4, () => true);
  await fill();
  const iterator = processedIterator(outer, {}, takeNow);
  const results = await Promise.all([iterator.next(), iterator.next()]);
  assertEquals(results.map(({ value }) => value?.value), [0, 1]);
  await iterator.next();
  assertEquals(log, []);
});

Deno.test("processedIterator gives a loop that waits its record before it takes one at once for another loop", async () => {
  let isThere = false;
  const { outer, fill, takeNow } = numbersNow(4, () => isThere);
  await fill();
  const iterator = processedIterator(outer, {}, takeNow);
  const first = iterator[Symbol.asyncIterator]();
  const second = iterator[Symbol.asyncIterator]();
  const waiting = first.next();
  isThere = true;
  const next = second.next();
  assertEquals((await waiting).value?.value, 0);
  assertEquals((await next).value?.value, 1);
});

Deno.test("processedIterator ends with await using as with break: the last record is not acknowledged", async () => {
  const { log, stream } = numbers(3);
  {
    await using iterator = processedIterator(stream);
    await iterator.next();
    await iterator.next();
  }
  assertEquals(log, ["read 0", "ack 0", "read 1", "cancel undefined"]);
  assertEquals(stream.locked, false);
});
