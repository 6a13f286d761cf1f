import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Clock } from "../../_core/clock.ts";
import { DecodeError, InvalidRecordError } from "../../errors.ts";
import { json, jsonLines, string } from "../../processors/mod.ts";
import { recordId } from "../../record_id.ts";
import { collect, putsOf, recordOf, streamOf, text } from "./_helpers.ts";

/** A clock whose hands a test turns. */
function fakeClock() {
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    setTimeout(callback, ms) {
      const timer = { at: now + ms, callback };
      timers.push(timer);
      return timer;
    },
    clearTimeout(handle) {
      timers = timers.filter((timer) => timer !== handle);
    },
  };
  return {
    clock,
    timers: () => timers.length,
    advance(ms: number) {
      now += ms;
      const due = timers.filter((timer) => timer.at <= now);
      timers = timers.filter((timer) => timer.at > now);
      for (const timer of due) timer.callback();
    },
  };
}

Deno.test("encoder and decoder are a round trip when piped", async () => {
  const values = Array.from({ length: 100 }, (_, n) => ({ n }));
  const decoded = await collect(
    streamOf(putsOf(values, "a"))
      .pipeThrough(jsonLines<{ n: number }>().encoder({ maxRecordBytes: 100 }))
      .pipeThrough(
        new TransformStream({
          transform: (r, c) => c.enqueue(recordOf(r.data, r.partitionKey)),
        }),
      )
      .pipeThrough(jsonLines<{ n: number }>().decoder()),
  );
  assertEquals(decoded.map((r) => r.value), values);
  assertEquals({ ...decoded[0]! }, {
    value: { n: 0 },
    streamName: "events",
    streamARN: undefined,
    shardId: "shardId-000000000001",
    partitionKey: "a",
    explicitHashKey: undefined,
    sequenceNumber: "49590338271490256608559692538361571095921575989136588898",
    subSequenceNumber: 0,
    approximateArrivalTimestamp: new Date("2026-01-02T03:04:05.678Z"),
  });
  assertEquals(decoded[1]?.subSequenceNumber, 1);
  assertEquals(decoded[1]?.id, recordId(decoded[1]!));
  assertEquals(JSON.parse(JSON.stringify(decoded[1])).id, decoded[1]?.id);
});

Deno.test("encoder flushes a partial frame after lingerMs", async () => {
  const { clock, advance, timers } = fakeClock();
  const { writable, readable } = jsonLines().encoder({ lingerMs: 50, clock });
  const writer = writable.getWriter();
  const reader = readable.getReader();
  const first = reader.read();
  await writer.write({ value: 1, partitionKey: "a" });
  await writer.write({ value: 2, partitionKey: "a" });
  assertEquals(timers(), 1);
  advance(49);
  assertEquals(timers(), 1);
  advance(1);
  assertEquals(text((await first).value!.data), "1\n2\n");
  assertEquals(timers(), 0);
  const second = reader.read();
  await writer.write({ value: 3, partitionKey: "a" });
  assertEquals(timers(), 1);
  const closed = writer.close();
  assertEquals(text((await second).value!.data), "3\n");
  await closed;
  assertEquals(timers(), 0);
  assertEquals((await reader.read()).done, true);
});

Deno.test("encoder forgets its timer when aborted or cancelled", async () => {
  for (const end of ["abort", "cancel"] as const) {
    const { clock, timers } = fakeClock();
    const { writable, readable } = jsonLines().encoder({ lingerMs: 50, clock });
    const writer = writable.getWriter();
    const reader = readable.getReader();
    reader.read().catch(() => {});
    writer.closed.catch(() => {});
    reader.closed.catch(() => {});
    await writer.write({ value: 1, partitionKey: "a" });
    assertEquals(timers(), 1);
    if (end === "abort") await writer.abort(new Error("stop"));
    else await reader.cancel(new Error("stop"));
    assertEquals(timers(), 0);
  }
});

Deno.test("encoder errors when a put cannot become a record", async () => {
  const cases: [string, unknown, string, string | undefined][] = [
    ["InvalidPartitionKey", 1, "", undefined],
    ["InvalidExplicitHashKey", 1, "k", "-1"],
    ["NotSerializable", undefined, "k", undefined],
    ["RecordTooLarge", "x".repeat(100), "k", undefined],
  ];
  for (const [code, value, partitionKey, explicitHashKey] of cases) {
    const error = await assertRejects(
      () =>
        collect(
          streamOf([{ value, partitionKey, explicitHashKey }])
            .pipeThrough(json().encoder({ maxRecordBytes: 50 })),
        ),
      InvalidRecordError,
    );
    assertEquals(error.code, code);
  }
});

Deno.test("encoder refuses a linger that timers cannot keep", () => {
  for (const lingerMs of [-1, NaN, 2 ** 31]) {
    assertThrows(
      () => json().encoder({ lingerMs }),
      RangeError,
      `'lingerMs' must be from 0 to 2147483647 or Infinity: current value is ${lingerMs}`,
    );
  }
});

const mixed = [recordOf("1\n2\n"), recordOf("3\n{\n4\n"), recordOf("5\n")];

Deno.test("decoder delivers the values in front of poison before it fails", async () => {
  const values: unknown[] = [];
  let cancelled: unknown;
  const source = new ReadableStream({
    pull: (c) => c.enqueue(mixed.shift() ?? recordOf("6\n")),
    cancel: (reason) => {
      cancelled = reason;
    },
  });
  const error = await assertRejects(async () => {
    for await (const r of source.pipeThrough(jsonLines().decoder())) {
      values.push(r.value);
    }
  }, DecodeError);
  assertEquals(values, [1, 2, 3]);
  assertEquals(error.subSequenceNumber, 1);
  assertEquals(cancelled, error);
});

Deno.test("decoder skips poison, or calls a function, as 'onPoison' says", async () => {
  const records = () => streamOf([recordOf("3\n{\n4\n"), recordOf("5\n")]);
  const skipped = await collect(
    records().pipeThrough(jsonLines().decoder({ onPoison: "skip" })),
  );
  assertEquals(skipped.map((r) => r.value), [3, 4, 5]);
  const told: DecodeError[] = [];
  const decoded = await collect(
    records().pipeThrough(
      jsonLines().decoder({
        async onPoison(error) {
          await Promise.resolve();
          told.push(error);
        },
      }),
    ),
  );
  assertEquals(decoded.map((r) => r.value), [3, 4, 5]);
  assertEquals(told.map((e) => e.subSequenceNumber), [1]);
});

Deno.test("decoder fails when the function 'onPoison' throws", async () => {
  const stop = new Error("stop");
  const error = await assertRejects(() =>
    collect(
      streamOf([recordOf("{")]).pipeThrough(
        json().decoder({
          onPoison() {
            throw stop;
          },
        }),
      ),
    )
  );
  assertEquals(error, stop);
});

Deno.test("decoder passes an abort of its source and a cancel of its reader on", async () => {
  const { writable, readable } = string().decoder();
  const reason = new Error("stop");
  const read = readable.getReader().read();
  await writable.abort(reason);
  assertEquals(await read.catch((error) => error), reason);

  let cancelled: unknown;
  const source = new ReadableStream({
    pull: (c) => c.enqueue(recordOf("x")),
    cancel: (why) => {
      cancelled = why;
    },
  });
  const reader = source.pipeThrough(string().decoder()).getReader();
  await reader.read();
  await reader.cancel(reason);
  assertEquals(cancelled, reason);
});

Deno.test("decoder keeps the ARN of the stream, and has none where the record has none", async () => {
  const streamARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";
  const [put] = putsOf(["a"], "k");
  const [encoded] = await collect(
    streamOf([put!]).pipeThrough(string().encoder()),
  );
  const record = recordOf(encoded!.data);
  const [given, named] = await collect(
    streamOf([{ ...record, streamARN }, record])
      .pipeThrough(string().decoder()),
  );
  assertEquals(given!.streamARN, streamARN);
  assertEquals(named!.streamARN, undefined);
});
