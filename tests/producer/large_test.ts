import { delay } from "@std/async/delay";
import { assertEquals, assertMatch } from "@std/assert";
import { gzip, type Processor, string } from "../../processors/mod.ts";
import { createProcessor, newline } from "../../processors/mod.ts";
import type { ProducerOptions } from "../../producer.ts";
import { accessDenied, seeded, setUpProducer, unavailable } from "./_set_up.ts";

const MIB = 1024 * 1024;

function setUp(options: Partial<ProducerOptions<string>> = {}) {
  return setUpProducer<string>({
    processor: string(),
    partitionKey: () => "k",
    ...options,
  });
}

const lines: Processor<string> = createProcessor({
  serializer: string(),
  framing: newline(),
});
const big = (mib: number) => "x".repeat(mib * MIB - 2);

Deno.test("Producer asks nothing about the stream while every value fits into a megabyte", async () => {
  const { clock, client, producer } = setUp();
  producer.put(big(1));
  producer.put("small");
  await clock.runUntil(producer.close());
  assertEquals([client.stored.length, client.descriptions], [2, 0]);
});

Deno.test("Producer packs values up to 250 KiB, and sends a larger one alone, in its place, without a question", async () => {
  const { clock, client, producer } = setUp({ processor: lines });
  const [half, small] = ["y".repeat(500_000), "x".repeat(1023)];
  const texts = [...Array(300).fill(small), half, small];
  for (const text of texts) producer.put(text);
  await clock.runUntil(producer.close());
  assertEquals(client.stored.map(({ data }) => data.length), [
    249 * 1024,
    51 * 1024,
    500_001,
    1024,
  ]);
  assertEquals(client.descriptions, 0);
});

for (
  const { name, processor } of [
    { name: "single", processor: string() },
    { name: "lines", processor: lines },
    { name: "gzip", processor: gzip(lines) },
  ]
) {
  Deno.test(`Producer sends a value alone that only this stream takes, in its place, with ${name}`, async () => {
    const { clock, client, producer } = setUp({ processor, ordering: "key" });
    client.onDescribe = () => 10_240;
    // Gzip makes these as large as they are.
    const random = seeded(1);
    const noise = (length: number) => {
      const codes = Uint8Array.from({ length }, () => 0x20 + random() * 0x5f);
      return new TextDecoder().decode(codes);
    };
    const [five, two] = [noise(5 * MIB), noise(2.5 * MIB)];
    const texts = ["a", "b", five, "c", two, "d"];
    const puts = texts.map((text) => producer.put(text));
    while (producer.stats().delivered < texts.length) {
      await delay(0);
      await clock.advance(100);
    }
    await Promise.all(puts);
    await clock.runUntil(producer.close());
    const seen: string[] = [];
    for (const { data } of client.stored) {
      const items = await processor.unpack({
        streamName: "s",
        shardId: "s",
        partitionKey: "k",
        sequenceNumber: "1",
        data,
      });
      for (const item of items) {
        if (item.type === "error") throw item.error;
        seen.push(item.value);
      }
    }
    assertEquals(seen.map((text) => text.length), texts.map((t) => t.length));
    assertEquals(seen, texts);
    // The first one is for the distribution, which matters to an order.
    assertEquals(client.descriptions, 2);
    assertEquals(producer.stats().bufferedBytes, 0);
  });
}

async function refusal(
  options: Partial<ProducerOptions<string>>,
  mib: number,
  onDescribe: () => number | undefined = () => undefined,
) {
  const { clock, client, producer } = setUp(options);
  client.onDescribe = onDescribe;
  const outcome = producer.put(big(mib)).then(
    () => "stored",
    ({ code, message }) => `${code} ${message}`,
  );
  const after = producer.put("small");
  const text = await clock.runUntil(outcome);
  await clock.runUntil(after);
  await clock.runUntil(producer.close());
  return { text, descriptions: client.descriptions };
}

Deno.test("Producer says which limit a value exceeds and where it comes from", async () => {
  const none = await refusal({}, 2);
  assertMatch(none.text, /^RecordTooLarge .*1048576 allowed by the default/);
  const stream = await refusal({}, 4, () => 2048);
  assertMatch(stream.text, /2097152 allowed by 'MaxRecordSizeInKiB' of s$/);
  const option = await refusal({ maxRecordBytes: 3 * MIB }, 4, () => 10_240);
  assertMatch(option.text, /3145728 allowed by the option 'maxRecordBytes'$/);
  assertEquals(option.descriptions, 0);
  const denied = await refusal({}, 2, () => {
    throw accessDenied();
  });
  assertMatch(denied.text, /could not be asked \(AccessDeniedException\)/);
  assertEquals(denied.descriptions, 1);
});

Deno.test("Producer keeps asking for the limit while the endpoint is away", async () => {
  let away = 3;
  const { text, descriptions } = await refusal({}, 2, () => {
    if (away-- > 0) throw unavailable();
    return 4096;
  });
  assertEquals([text, descriptions], ["stored", 4]);
});

Deno.test("Producer asks again after a minute whether larger records are allowed", async () => {
  const { clock, client, producer } = setUp();
  const put = () =>
    producer.put(big(2)).then(() => "stored", ({ code }) => code);
  assertEquals(await clock.runUntil(put()), "RecordTooLarge");
  client.onDescribe = () => 2048;
  assertEquals(await clock.runUntil(put()), "RecordTooLarge");
  await clock.advance(60_000);
  assertEquals(await clock.runUntil(put()), "stored");
  assertEquals(client.descriptions, 2);
  await clock.runUntil(producer.close());
});
