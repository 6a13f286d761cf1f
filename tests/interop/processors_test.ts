import { assert, assertEquals } from "@std/assert";
import agg from "aws-kinesis-agg";
import {
  deflateRaw,
  gzip,
  kplString,
  msgpack,
  string,
} from "../../processors/mod.ts";
import { pack, recordOf, unhex, valuesOf } from "../processors/_helpers.ts";
import { makeOurs } from "./fixtures/make_ours.ts";
import npm from "./fixtures/npm.json" with { type: "json" };
import readByPython from "./fixtures/ours_read_by_python.json" with {
  type: "json",
};
import ours from "./fixtures/ours.json" with { type: "json" };
import python from "./fixtures/python.json" with { type: "json" };
import {
  kplCases,
  type KplItem,
  msgpackCases,
  text,
  valueOf,
} from "./fixtures/tagged.ts";

/** The values that we read from an aggregated record. */
async function deaggregate(data: string): Promise<KplItem[]> {
  const items = await kplString().unpack(recordOf(unhex(data), "outer"));
  return items.map((item, index) => {
    assert(item.type === "value");
    assertEquals(item.subSequenceNumber, index);
    const { value, partitionKey = "", explicitHashKey } = item;
    return explicitHashKey === undefined
      ? { data: value, partitionKey }
      : { data: value, partitionKey, explicitHashKey };
  });
}

/**
 * The packages of npm and Python give the first hash key of the table to values without one.
 */
function withoutHashKey({ data, partitionKey }: KplItem): KplItem {
  return { data, partitionKey };
}

function withoutHashKeys(name: string): KplItem[] {
  return kplCases[name]!.map(withoutHashKey);
}

Deno.test("kpl reads what Python's aws-kinesis-agg writes", async () => {
  for (const [name, data] of Object.entries(python.kpl)) {
    assertEquals(await deaggregate(data), kplCases[name]!, name);
  }
});

Deno.test("kpl writes the same bytes as Python's aws-kinesis-agg", () => {
  assertEquals(ours.kpl, python.kpl);
});

Deno.test("kpl reads what npm's aws-kinesis-agg writes", async () => {
  for (const [name, data] of Object.entries(npm.kpl)) {
    const expected = kplCases[name]!.filter((item) => item.data !== "");
    assertEquals(await deaggregate(data), expected, name);
  }
});

/** The values that the npm package reads from an aggregated record. */
function readByNpm(data: Uint8Array): KplItem[] {
  const found: KplItem[] = [];
  const record = {
    data: btoa(String.fromCharCode(...data)),
    sequenceNumber: "1",
    partitionKey: "a",
  };
  agg.deaggregateSync(record, true, (error, records) => {
    if (error) throw error;
    for (const { data, partitionKey } of records ?? []) {
      const bytes = Uint8Array.from(
        atob(data),
        (unit) => unit.charCodeAt(0),
      );
      found.push({ data: new TextDecoder().decode(bytes), partitionKey });
    }
  });
  return found;
}

Deno.test("npm's aws-kinesis-agg reads what kpl writes", () => {
  for (const [name, data] of Object.entries(ours.kpl)) {
    assertEquals(readByNpm(unhex(data)), withoutHashKeys(name), name);
  }
});

Deno.test("npm's aws-kinesis-agg passes over the field of a producer that sends records again", async () => {
  const items = [{ data: "1", partitionKey: "k" }, {
    data: "2",
    partitionKey: "l",
  }];
  const [record] = await pack(
    kplString(),
    items.map(({ data, partitionKey }) => ({ value: data, partitionKey })),
    { shardOf: () => "shardId-000000000000", resendsStrays: true },
  );
  assertEquals(readByNpm(record!.data), items);
});

Deno.test("Python and Java have read what we write today", async () => {
  const today = await makeOurs();
  assertEquals(today.kpl, ours.kpl);
  assertEquals(today.msgpack, ours.msgpack);
  // How well zlib compresses differs between runtimes and versions, what comes out of it does not.
  const unzipped = await gzip(string()).unpack(recordOf(unhex(ours.gzip)));
  assertEquals(valuesOf(unzipped), [text]);
});

Deno.test("Python reads what we write", () => {
  for (const [name, items] of Object.entries(readByPython.kpl)) {
    assertEquals(items.map(withoutHashKey), withoutHashKeys(name), name);
  }
  assertEquals<unknown>(readByPython.msgpack, msgpackCases);
  assertEquals([readByPython.gzip, readByPython.deflateRaw], [text, text]);
});

Deno.test("the Kinesis Client Library for Java reads what kpl writes", async () => {
  const lines = await Deno.readTextFile(
    new URL("./fixtures/ours_read_by_java.txt", import.meta.url),
  );
  const found: Record<string, KplItem[]> = {};
  const utf8 = (digits: string) => new TextDecoder().decode(unhex(digits));
  for (const line of lines.trimEnd().split("\n")) {
    const [name, index, partitionKey, explicitHashKey, data] = line.split("\t");
    const items = found[name!] ??= [];
    assertEquals(Number(index), items.length);
    items.push({
      data: utf8(data!),
      partitionKey: utf8(partitionKey!),
      ...explicitHashKey === "-" ? {} : { explicitHashKey },
    });
  }
  assertEquals(found, kplCases);
});

Deno.test("msgpack reads what Python's msgpack writes", async () => {
  const items = await msgpack().unpack(recordOf(unhex(python.msgpack)));
  assertEquals(valuesOf(items), msgpackCases.map(valueOf));
});

Deno.test("gzip and deflateRaw read what zlib writes", async () => {
  const gzipped = await gzip(string()).unpack(recordOf(unhex(python.gzip)));
  assertEquals(valuesOf(gzipped), [text]);
  const deflated = await deflateRaw(string(), { unmarked: "compressed" })
    .unpack(recordOf(unhex(python.deflateRaw)));
  assertEquals(valuesOf(deflated), [text]);
});
