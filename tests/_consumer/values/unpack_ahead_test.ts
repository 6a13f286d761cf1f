import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { UnpackAhead } from "../../../_consumer/values/unpack_ahead.ts";
import { Deque } from "../../../_core/deque.ts";
import type { KinesisApiRecord } from "../../../client/mod.ts";
import {
  json,
  type Processor,
  string,
  type Unpacked,
} from "../../../processors/mod.ts";
import type { KinesisRecord } from "../../../records.ts";

const recordOf = (raw: KinesisApiRecord): KinesisRecord => ({
  streamName: "s",
  shardId: "shardId-000000000000",
  partitionKey: raw.PartitionKey,
  sequenceNumber: raw.SequenceNumber,
  data: raw.Data,
});

function rawOf(data: string | Uint8Array<ArrayBuffer>, i: number) {
  const Data = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return { Data, PartitionKey: `k${i}`, SequenceNumber: String(i) };
}

function setUp(raws: KinesisApiRecord[], processor: Processor<unknown>) {
  const buffer = new Deque<KinesisApiRecord>();
  for (const raw of raws) buffer.push(raw);
  const source = {
    peek: (index: number) => buffer.peek(index),
    shift: () => buffer.shift(),
  };
  const records = new UnpackAhead({ records: source, processor, recordOf });
  return { buffer, records };
}

/** Errors by their message: their stacks differ. */
const shown = (unpacked: Unpacked<unknown>[] | Promise<unknown>) =>
  (unpacked as Unpacked<unknown>[]).map((item) =>
    item.type === "error" ? item.error.message : item
  );

const data = fc.oneof(
  fc.json(),
  fc.string({ unit: "binary" }),
  fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
  fc.constant("x".repeat(10_000)),
);

Deno.test("UnpackAhead decodes each record as the processor does, and keeps those ahead in the buffer", () => {
  fc.assert(fc.property(fc.array(data, { maxLength: 200 }), (list) => {
    for (const processor of [json(), string() as Processor<unknown>]) {
      const raws = list.map(rawOf);
      const { buffer, records } = setUp(raws, processor);
      for (const [i, raw] of raws.entries()) {
        const next = records.shift();
        assertEquals(next.raw, raw);
        const alone = processor.unpack(recordOf(raw));
        assertEquals(shown(next.unpacked), shown(alone));
        assertEquals(buffer.length, raws.length - i - 1);
      }
    }
  }));
});

Deno.test("UnpackAhead calls an 'unpack' of the user for each record, also if the rest is one of ours", () => {
  const inner = json();
  const seen: string[] = [];
  const processor: Processor<unknown> = {
    ...inner,
    unpack(record) {
      seen.push(record.sequenceNumber);
      return inner.unpack(record);
    },
  };
  const { records } = setUp(["1", "2", "3"].map(rawOf), processor);
  records.shift();
  assertEquals(seen, ["0"]);
  records.shift();
  records.shift();
  assertEquals(seen, ["0", "1", "2"]);
});

Deno.test("UnpackAhead decodes anew when the buffer of the reader was changed", () => {
  const { buffer, records } = setUp(["1", "2", "3"].map(rawOf), json());
  records.shift();
  buffer.shift();
  const { unpacked } = records.shift();
  assertEquals(unpacked, json().unpack(recordOf(rawOf("3", 2))));
});
