import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { recordId, type ValuePosition } from "../mod.ts";

const shardId = "shardId-000000000007";
const REAL = "49590338271490256608559692538361571095921575989136588898";

/** Decimal numbers of every length, so that short and long ones meet. */
const sequenceNumber = fc.integer({ min: 1, max: 129 }).chain((length) =>
  fc.stringMatching(new RegExp(`^[1-9]\\d{${length - 1}}$`))
);
const anySequence = fc.oneof(
  sequenceNumber,
  fc.bigInt({ min: 0n, max: 1000n }).map(String),
);
const subSequenceNumber = fc.oneof(
  fc.integer({ min: 0, max: 12 }),
  fc.integer({ min: 0, max: 9_999_999_999 }),
);
const anyShard = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,30}$/);

function compare<V extends string | number | bigint>(a: V, b: V): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The order of bytes, as that of a key in a store. */
function compareBytes(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => new TextEncoder().encode(text));
  const at = x!.findIndex((byte, index) => byte !== y![index]);
  return at < 0
    ? compare(x!.length, y!.length)
    : compare(x![at]!, y![at] ?? -1);
}

Deno.test("recordId has the documented format", () => {
  assertEquals(
    recordId({ shardId, sequenceNumber: REAL, subSequenceNumber: 3 }),
    `shardId-000000000007-056-${REAL}-0000000003`,
  );
  assertEquals(
    recordId({ shardId, sequenceNumber: "0", subSequenceNumber: 0 }),
    "shardId-000000000007-001-0-0000000000",
  );
});

Deno.test("recordId sorts as sequence number and index do, as text, as bytes and in a language", () => {
  // Punctuation counts last in a collation of a language, as in ICU and in glibc.
  const collator = new Intl.Collator("en", { ignorePunctuation: true });
  const numeric = new Intl.Collator("en", { numeric: true });
  fc.assert(
    fc.property(
      anySequence,
      subSequenceNumber,
      anySequence,
      subSequenceNumber,
      fc.boolean(),
      (s1, sub1, s2, sub2, isSame) => {
        const other = isSame ? s1 : s2;
        const a = recordId({
          shardId,
          sequenceNumber: s1,
          subSequenceNumber: sub1,
        });
        const b = recordId({
          shardId,
          sequenceNumber: other,
          subSequenceNumber: sub2,
        });
        const order = compare(BigInt(s1), BigInt(other)) || compare(sub1, sub2);
        assertEquals(compare(a, b), order);
        assertEquals(compareBytes(a, b), order);
        assertEquals(Math.sign(collator.compare(a, b)), order);
        assertEquals(Math.sign(numeric.compare(a, b)), order);
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("recordId is different for different positions", () => {
  const position: fc.Arbitrary<ValuePosition> = fc.record({
    shardId: anyShard,
    sequenceNumber: anySequence,
    subSequenceNumber,
  });
  /** The only position that an id can be of: its parts are counted from the end. */
  const parse = (id: string): ValuePosition => {
    const parts = id.split("-");
    const index = parts.pop()!;
    const sequence = parts.pop()!;
    parts.pop();
    return {
      shardId: parts.join("-"),
      sequenceNumber: sequence,
      subSequenceNumber: Number(index),
    };
  };
  fc.assert(
    fc.property(position, (one) => {
      const id = recordId(one);
      assertEquals(parse(id), { ...one });
      assertEquals(encodeURIComponent(id), id);
      assertMatch(id, /^[a-zA-Z0-9_.-]+$/);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("recordId has at most 128 characters for the ids of AWS, as many as a dedup id of SQS", () => {
  const id = recordId({
    shardId,
    sequenceNumber: REAL,
    subSequenceNumber: 9_999_999_999,
  });
  assertEquals(id.length, 92);
  assert(id.length <= 128);
});

Deno.test("recordId refuses parts that are none of Kinesis", () => {
  const good = { shardId, sequenceNumber: "1", subSequenceNumber: 0 };
  const refused: [Partial<Record<keyof ValuePosition, unknown>>, string][] = [
    [{ shardId: "" }, "shardId"],
    [{ shardId: "a/b" }, "shardId"],
    [{ shardId: undefined }, "shardId"],
    [{ sequenceNumber: "" }, "sequenceNumber"],
    [{ sequenceNumber: "01" }, "sequenceNumber"],
    [{ sequenceNumber: "1".repeat(130) }, "sequenceNumber"],
    [{ sequenceNumber: 5 }, "sequenceNumber"],
    [{ sequenceNumber: "LATEST" }, "sequenceNumber"],
    [{ subSequenceNumber: -1 }, "subSequenceNumber"],
    [{ subSequenceNumber: 0.5 }, "subSequenceNumber"],
    [{ subSequenceNumber: 1e10 }, "subSequenceNumber"],
    [{ subSequenceNumber: undefined }, "subSequenceNumber"],
  ];
  for (const [part, name] of refused) {
    assertThrows(
      () => recordId({ ...good, ...part } as ValuePosition),
      name === "subSequenceNumber" ? RangeError : TypeError,
      `Cannot make a record id as '${name}' must be `,
    );
  }
});
