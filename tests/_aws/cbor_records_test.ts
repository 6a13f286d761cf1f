import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { normalizeAnswer } from "../../_aws/answer.ts";
import {
  type CborValue,
  decodeCbor,
  encodeCbor,
  epochToDate,
} from "../../_aws/cbor.ts";
import { cborCodec } from "../../_aws/cbor_codec.ts";
import { RecordView } from "../../_aws/record_view.ts";

/** What the general reader alone makes of an answer, or its error. */
function generally(bytes: Uint8Array<ArrayBuffer>): unknown {
  return attempt(() =>
    normalizeAnswer(decodeCbor(bytes), {
      blob(value) {
        if (!(value instanceof Uint8Array)) {
          throw new TypeError("a blob is not a byte string");
        }
        return new Uint8Array(value);
      },
      time(value) {
        if (value instanceof Date) return value;
        if (typeof value === "number" || typeof value === "bigint") {
          return epochToDate(value);
        }
        throw new TypeError("a time is not a number");
      },
    })
  );
}

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as Error).message;
  }
}

const decoded = (bytes: Uint8Array<ArrayBuffer>) =>
  attempt(() => cborCodec.decode("GetRecords", bytes));

/** The same, with the data of the records left in the answer. */
const viewed = (bytes: Uint8Array<ArrayBuffer>) =>
  attempt(() => {
    const answer = cborCodec.decode("GetRecords", bytes, true);
    const { Records } = answer as { Records?: unknown };
    if (!Array.isArray(Records)) return answer;
    return { ...answer, Records: Records.map(plain) };
  });

function plain(record: unknown): unknown {
  if (!(record instanceof RecordView)) return record;
  const {
    SequenceNumber,
    ApproximateArrivalTimestamp,
    Data,
    PartitionKey,
    EncryptionType,
  } = record;
  assertEquals(RecordView.dataLength(record), Data.length);
  return {
    SequenceNumber,
    ApproximateArrivalTimestamp,
    Data,
    PartitionKey,
    EncryptionType,
  };
}

const name = fc.constantFrom(
  "SequenceNumber",
  "ApproximateArrivalTimestamp",
  "Data",
  "PartitionKey",
  "EncryptionType",
  "PartitionKez",
  "x",
);
const scalar: fc.Arbitrary<CborValue> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
  fc.date({ noInvalidDate: true, min: new Date(0) }),
  fc.nat(),
  fc.constantFrom(null, true, 1.5),
);
const usual = fc.record({
  SequenceNumber: fc.string({ maxLength: 60 }),
  ApproximateArrivalTimestamp: fc.option(
    fc.date({ noInvalidDate: true, min: new Date(2e11) }),
    { nil: undefined },
  ),
  Data: fc.uint8Array({ maxLength: 20_000 })
    .map((bytes) => new Uint8Array(bytes)),
  PartitionKey: fc.string({ unit: "grapheme", maxLength: 300 }),
  EncryptionType: fc.constantFrom("NONE", "KMS", null, undefined),
}).map((record) =>
  Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as { [field: string]: CborValue }
);
const unusual = fc.dictionary(name, scalar, { maxKeys: 7 });
const answer = fc.record({
  Records: fc.array(fc.oneof({ weight: 5, arbitrary: usual }, unusual), {
    maxLength: 5,
  }),
  MillisBehindLatest: fc.nat(),
}) as fc.Arbitrary<{ [field: string]: CborValue }>;

Deno.test("cborCodec reads records of the usual form as the general reader does, and all other records too", () => {
  fc.assert(fc.property(answer, (fields) => {
    const bytes = encodeCbor(fields);
    assertEquals(decoded(bytes), generally(bytes));
    assertEquals(viewed(bytes), generally(bytes));
  }));
});

Deno.test("cborCodec reads damaged records as the general reader does", () => {
  fc.assert(
    fc.property(answer, fc.nat(), fc.nat(255), (fields, at, byte) => {
      const bytes = encodeCbor(fields);
      bytes[at % bytes.length] = byte;
      assertEquals(decoded(bytes), generally(bytes));
      assertEquals(viewed(bytes), generally(bytes));
      const cut = bytes.slice(0, at % bytes.length);
      if (cut.length === 0) return;
      assertEquals(decoded(cut), generally(cut));
      assertEquals(viewed(cut), generally(cut));
    }),
    { numRuns: 500 },
  );
});

Deno.test("cborCodec copies the data of a record, so that it does not keep the answer in memory", () => {
  const bytes = encodeCbor({
    Records: Array.from({ length: 3 }, (_, i) => ({
      SequenceNumber: String(i),
      Data: Uint8Array.of(i),
      PartitionKey: "k",
    })),
  });
  const { Records } = cborCodec.decode("GetRecords", bytes) as {
    Records: { Data: Uint8Array }[];
  };
  bytes.fill(0);
  assertEquals(Records.map(({ Data }) => [...Data]), [[0], [1], [2]]);
});

Deno.test("RecordView.texts decodes what is ASCII, of records of any answers", () => {
  const text = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.nat(20_000).map((length) => "x".repeat(length)),
  );
  fc.assert(fc.property(
    fc.array(fc.array(text, { maxLength: 20 }), { minLength: 1, maxLength: 3 }),
    fc.boolean(),
    (answers, areViews) => {
      const records = answers.flatMap((texts) => {
        const bytes = encodeCbor({
          Records: texts.map((text, i) => ({
            SequenceNumber: String(i + 1),
            Data: new TextEncoder().encode(text),
          })),
        });
        const answer = cborCodec.decode("GetRecords", bytes, areViews);
        return (answer as { Records: { Data: Uint8Array<ArrayBuffer> }[] })
          .Records;
      });
      const texts = answers.flat();
      // One part of a run that is not ASCII leaves the whole run to the decoder.
      const areShort = texts.every((text) =>
        text.length < 100 && !/[^\0-\x7f]/.test(text)
      );
      RecordView.texts(records).forEach((text, i) => {
        if (text === undefined) assert(!areShort);
        else assertEquals(text, texts[i]);
      });
    },
  ));
});
