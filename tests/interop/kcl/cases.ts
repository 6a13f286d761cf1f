/**
 * Records that test which values a reader of aggregated records returns.
 *
 * @module
 */
import { md5 } from "@noble/hashes/legacy.js";
import { kplString } from "../../../processors/mod.ts";
import type { Put } from "../../../records.ts";
import { type Case, unhex } from "./lines.ts";

const LAST = 2n ** 128n - 1n;
const MIDDLE = 2n ** 127n;
const ALL = { start: 0n, end: LAST };
const LOW = { start: 0n, end: MIDDLE - 1n };
const HIGH = { start: MIDDLE, end: LAST };

/** Keys by the half of the hash keys that their MD5 lies in. */
const KEYS = { low: ["k0", "k2"], high: ["k1", "k3"] } as const;

/** All cases. */
export function makeCases(): Case[] {
  const [low, alsoLow] = KEYS.low;
  const [high, alsoHigh] = KEYS.high;
  const both = [low, high, alsoLow];
  const damaged = pack(both);
  damaged[10]! ^= 1;
  return [
    make("all inside", ALL, pack(both)),
    make("all of the lower half", LOW, pack([low, alsoLow])),
    make("all outside", LOW, pack([high, alsoHigh])),
    make("the first is a stray", LOW, pack([high, low, alsoLow])),
    make("one in the middle is a stray", LOW, pack([low, high, alsoLow])),
    make("the last is a stray", HIGH, pack([high, alsoHigh, low])),
    make("marked, all inside", ALL, pack(both, { marked: true })),
    make("marked, with a stray", LOW, pack(both, { marked: true })),
    make("alone, inside", LOW, pack([low], { always: true })),
    make("alone, outside", HIGH, pack([low], { always: true })),
    make("hash keys inside", LOW, packHashed([high, "0"], [high, "1"])),
    make("a hash key outside", LOW, packHashed([low, "0"], [low, `${LAST}`])),
    make("at the edges", LOW, packHashed(["x", "0"], ["x", `${MIDDLE - 1n}`])),
    make("beyond the edge", LOW, packHashed(["x", "0"], ["x", `${MIDDLE}`])),
    make("plain, of another shard", HIGH, utf8("plain"), low),
    make("another checksum", HIGH, damaged),
    make("the magic number alone", ALL, unhex("f3899ac2")),
    make("a checksum of nothing", ALL, seal("")),
    make("no values", ALL, seal("0a026b31")),
    make("an index without an entry", ALL, seal(`0a026b31${A0}1a050801${A}`)),
    make("a hash key that is no number", ALL, seal(`0a026b31${A0}${HX}`)),
    make("a value without data", ALL, seal(`0a026b31${A0}1a020800`)),
    make("a value without a key", ALL, seal("0a026b311a031a0161")),
    make("fields that nobody knows", ALL, seal(`0a026b31${A0}7801c03e05`)),
    make("damaged behind a value", ALL, seal(`0a026b31${A0}1aff`)),
  ];
}

/**
 * The data "a"; a value of it with the first key of the table; the hash key "x", and a value that
 * has it.
 */
const A = "1a0161";
const A0 = `1a050800${A}`;
const HX = `1201781a0708001000${A}`;

function make(
  name: string,
  range: { start: bigint; end: bigint },
  data: Uint8Array,
  partitionKey = "a",
): Case {
  return { name, ...range, partitionKey, data };
}

function pack(
  keys: readonly string[],
  { marked = false, always = false } = {},
): Uint8Array {
  const puts = keys.map((key, i) => ({ value: `v${i}`, partitionKey: key }));
  return packed(puts, marked, always);
}

function packHashed(...keys: [string, string][]): Uint8Array {
  return packed(
    keys.map(([partitionKey, explicitHashKey], i) => ({
      value: `v${i}`,
      partitionKey,
      explicitHashKey,
    })),
  );
}

function packed(
  puts: Put<string>[],
  resendsStrays = false,
  aggregateAlways = false,
): Uint8Array {
  let bytes = new Uint8Array();
  const packer = kplString({ aggregateAlways }).createPacker<Put<string>>({
    shardOf: () => "shardId-000000000000",
    resendsStrays,
    emit: ({ data }) => bytes = data,
  });
  for (const put of puts) packer.push(put);
  packer.flush();
  return bytes;
}

function seal(protobuf: string): Uint8Array {
  const body = unhex(protobuf);
  return Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2, ...body, ...md5(body));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
