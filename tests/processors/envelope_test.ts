import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { DecodeError, InvalidRecordError } from "../../errors.ts";
import { membersOf } from "../../processors/_json_members.ts";
import {
  bytes,
  cloudEvents,
  createProcessor,
  gzip,
  json,
  kpl,
  list,
  msgpack,
  netstring,
  newline,
  type Serializer,
  single,
  string,
  type TraceCarrier,
  traceContextOf,
  traceEnvelope,
  validated,
} from "../../processors/mod.ts";
import { z } from "zod";
import {
  pack,
  putsOf,
  recordOf,
  text,
  unpackAll,
  valuesOf,
} from "./_helpers.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const tracestate = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE";
const inject = () => ({ traceparent, tracestate });
const event = { source: "/shop", type: "order.created", id: () => "1" };
const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("traceEnvelope and cloudEvents write the same bytes as ever", () => {
  const cases: [Serializer<never>, unknown, string][] = [
    [
      traceEnvelope(json(), { inject }),
      { id: 1, note: 'a "b" ☕' },
      `{"traceparent":"${traceparent}","tracestate":"${tracestate}","data":{"id":1,"note":"a \\"b\\" ☕"}}`,
    ],
    [traceEnvelope(json()), [1], '{"data":[1]}'],
    [
      traceEnvelope(string(), { inject: () => ({ traceparent }) }),
      'a"b',
      `{"traceparent":"${traceparent}","data":"a\\"b"}`,
    ],
    [
      traceEnvelope(bytes()),
      Uint8Array.of(0, 1, 255),
      '{"data_base64":"AAH/"}',
    ],
    [
      cloudEvents(json(), {
        ...event,
        inject,
        attributes: () => ({ subject: "o-1", time: "2026-01-02T03:04:05Z" }),
      }),
      { id: 1 },
      '{"specversion":"1.0","id":"1","source":"/shop","type":"order.created",' +
      '"subject":"o-1","time":"2026-01-02T03:04:05Z",' +
      `"datacontenttype":"application/json","traceparent":"${traceparent}",` +
      `"tracestate":"${tracestate}","data":{"id":1}}`,
    ],
    [
      cloudEvents(bytes(), event),
      Uint8Array.of(1),
      '{"specversion":"1.0","id":"1","source":"/shop","type":"order.created",' +
      '"datacontenttype":"application/octet-stream","data_base64":"AQ=="}',
    ],
  ] as never;
  for (const [serializer, value, expected] of cases) {
    assertEquals(text(serializer.serialize(value as never)), expected);
  }
});

Deno.test("Envelopes go with every framing, serializer and compression, and keep the context of each value", async () => {
  const contexts = [1, 2, 3].map((n) => ({
    traceparent: traceparent.replace("b7ad", `b7a${n}`),
  }));
  type Value = { n: number };
  const schema = z.object({ n: z.number() });
  for (
    const inner of [
      json<Value>(),
      validated(json<Value>(), schema),
      msgpack<Value>(),
    ]
  ) {
    for (const framing of [single(), newline(), list(), netstring(), kpl()]) {
      let next = 0;
      const options = { inject: () => contexts[next++ % 3] };
      for (
        const serializer of [
          traceEnvelope<Value>(inner, options),
          cloudEvents<Value>(inner, { ...event, ...options }),
        ]
      ) {
        for (
          const processor of [
            createProcessor({ serializer, framing }),
            gzip(createProcessor({ serializer, framing })),
          ]
        ) {
          const values = [{ n: 1 }, { n: 2 }, { n: 3 }];
          const shardOf = () => "shardId-0";
          const records = await pack(processor, putsOf(values), { shardOf });
          const read = valuesOf(await unpackAll(processor, records));
          assertEquals(read, values, processor.name);
          assertEquals(read.map(traceContextOf), contexts, processor.name);
        }
      }
    }
  }
});

Deno.test("Envelopes deliver the value if the context is missing, not valid, or cannot be had", () => {
  const bad: unknown[] = [
    undefined,
    null,
    {},
    { traceparent: 7 },
    { traceparent: "" },
    { traceparent: traceparent.toUpperCase() },
    { traceparent: `${traceparent}-more` },
    { traceparent: traceparent.replace("00-", "ff-") },
    { traceparent: `00-${"0".repeat(32)}-b7ad6b7169203331-01` },
    { traceparent: `00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01` },
    { tracestate },
  ];
  for (const carrier of bad) {
    const serializer = traceEnvelope(json<object>(), {
      inject: () => carrier as TraceCarrier,
    });
    assertEquals(text(serializer.serialize({ a: 1 })), '{"data":{"a":1}}');
    const members = { ...carrier as object, data: { a: 1 } };
    const read = serializer.deserialize(encode(JSON.stringify(members)));
    assertEquals(read, { a: 1 });
    assertEquals(traceContextOf(read), undefined);
  }
  const throwing = traceEnvelope(json<object>(), {
    inject() {
      throw new Error("no tracer");
    },
  });
  assertEquals(text(throwing.serialize({})), '{"data":{}}');
  const later = `01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more`;
  const read = throwing.deserialize(
    encode(`{"traceparent":"${later}","tracestate":"ü","data":{}}`),
  );
  assertEquals(traceContextOf(read), { traceparent: later });
});

Deno.test("Envelopes of other writers are read: white space, order, escapes, other members and forms of the data", () => {
  const read = (text: string) =>
    traceEnvelope(json<unknown>()).deserialize(encode(text));
  const value = read(
    ` {\n "data" : {"a":[1,"}",{"b":"\\"\\\\"}]} , "traceparent":"${traceparent}", "\\u0074racestate":"a=1", "baggage":"x=y" }\r\n`,
  );
  assertEquals(value, { a: [1, "}", { b: '"\\' }] });
  assertEquals(traceContextOf(value), { traceparent, tracestate: "a=1" });
  assertEquals(read('{"data_base64":"eyJhIjoxfQ=="}'), { a: 1 });
  const events = (inner: Serializer<unknown>) => cloudEvents(inner, event);
  const foreign = (members: object) =>
    encode(JSON.stringify({ specversion: "1.0", ...members }));
  assertEquals(events(json()).deserialize(foreign({})), null);
  assertEquals(
    events(string() as Serializer<unknown>).deserialize(
      foreign({ data: { a: 1 } }),
    ),
    '{"a":1}',
  );
  assertEquals(
    events(bytes() as Serializer<unknown>).deserialize(foreign({ data: "é" })),
    encode("é"),
  );
  // Numbers that JSON.parse would round reach the parser of the inner serializer as text.
  const exact: Serializer<string> = {
    ...string(),
    name: "json",
    text: { stringify: (it) => it, parse: (it) => it },
  };
  assertEquals(
    traceEnvelope(exact).deserialize(encode('{"data":12345678901234567890}')),
    "12345678901234567890",
  );
});

Deno.test("Envelopes are read behind a byte order mark, and values keep theirs", () => {
  const mark = "\ufeff";
  for (
    const serializer of [
      traceEnvelope(string()),
      cloudEvents(string(), { source: "/s", type: "t" }),
    ]
  ) {
    const { stringify, parse } = serializer.text!;
    assertEquals(parse(mark + stringify("a")), "a");
    assertEquals(parse(stringify(`${mark}a`)), `${mark}a`);
    // Without an envelope.
    assertEquals(parse(`${mark}a`), `${mark}a`);
  }
});

Deno.test("Records without the envelope are read as the inner serializer does, or rejected", async () => {
  for (
    const bare of ['{"id":1}', "1", "[{}]", '{"data":1,"id":2}', '"x"', "{}"]
  ) {
    const accepting = traceEnvelope(json<unknown>());
    assertEquals(accepting.deserialize(encode(bare)), JSON.parse(bare));
    for (
      const rejecting of [
        traceEnvelope(json<unknown>(), { bare: "reject" }),
        cloudEvents(json<unknown>(), { ...event, bare: "reject" }),
      ]
    ) {
      const [item] = await rejecting.unpack(recordOf(bare));
      assert(item?.type === "error");
      assertInstanceOf(item.error, DecodeError);
      assert(item.error.message.includes("envelope"), item.error.message);
    }
  }
  const packed = msgpack<unknown>().serialize({ a: [1, 300] });
  assertEquals(
    traceEnvelope(msgpack<unknown>()).deserialize(new Uint8Array(packed)),
    { a: [1, 300] },
  );
  assertThrows(
    () =>
      traceEnvelope(msgpack<unknown>(), { bare: "reject" })
        .deserialize(new Uint8Array(packed)),
  );
  const [damaged] = await traceEnvelope(json()).unpack(
    recordOf('{"data":{"a":}'),
  );
  assertEquals(damaged?.type, "error");
});

Deno.test("Values that are no objects, and copies, have no context", () => {
  const serializer = traceEnvelope(json<unknown>(), { inject });
  for (const value of [1, "x", null, true]) {
    const read = serializer.deserialize(serializer.serialize(value) as never);
    assertEquals(read, value);
    assertEquals(traceContextOf(read), undefined);
  }
  const read = serializer.deserialize(serializer.serialize([1]) as never);
  assertEquals(traceContextOf(read), { traceparent, tracestate });
  assertEquals(traceContextOf(structuredClone(read)), undefined);
});

Deno.test("cloudEvents rejects a value whose attributes are wrong", () => {
  const wrong = {
    id: { id: () => "" },
    type: { type: () => 7 as never },
    "not-a-name": { attributes: () => ({ "not-a-name": "x" }) },
    data: { attributes: () => ({ data: "x" }) },
    ratio: { attributes: () => ({ ratio: 1.5 }) },
  };
  for (const [name, options] of Object.entries(wrong)) {
    const processor = cloudEvents(json(), { ...event, ...options });
    const packer = processor.createPacker({ emit() {} });
    const error = assertThrows(
      () => packer.push({ value: 1, partitionKey: "k" }),
      InvalidRecordError,
      `'${name}'`,
    );
    assertEquals(error.code, "NotSerializable");
  }
  const ids = [1, 2].map((value) => {
    const processor = cloudEvents(json(), { source: "/", type: "t" });
    return JSON.parse(text(processor.serialize(value))).id;
  });
  assert(ids[0] !== ids[1] && /^[0-9a-f-]{36}$/.test(ids[0]));
});

Deno.test("traceEnvelope and cloudEvents refuse wrong arguments", () => {
  const refused: [() => unknown, string][] = [
    [() => traceEnvelope({} as never), "'inner'"],
    [() => traceEnvelope(json(), { inject: 1 } as never), "'inject'"],
    [() => traceEnvelope(json(), { bare: "maybe" } as never), "'bare'"],
    [() => traceEnvelope(json(), { injekt: 1 } as never), "'injekt'"],
    [() => cloudEvents(json(), undefined as never), "'options'"],
    [() => cloudEvents(json(), { type: "t" } as never), "'source'"],
    [() => cloudEvents(json(), { source: "" } as never), "'source'"],
    [() => cloudEvents(json(), { source: "/" } as never), "'type'"],
    [() => cloudEvents(json(), { ...event, id: "1" } as never), "'id'"],
    [
      () => cloudEvents(json(), { ...event, attributes: {} } as never),
      "'attributes'",
    ],
  ];
  for (const [call, message] of refused) {
    assertThrows(call, TypeError, message);
  }
});

Deno.test("membersOf splits every object as JSON.parse does, and nothing else", () => {
  fc.assert(fc.property(
    fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()),
    fc.constantFrom(undefined, 1, "\t"),
    (value, space) => {
      const members = membersOf(JSON.stringify(value, null, space))!;
      const parsed = [...members].map(([name, raw]) => [name, JSON.parse(raw)]);
      assertEquals(
        new Map(parsed as [string, unknown][]),
        new Map(Object.entries(JSON.parse(JSON.stringify(value)))),
      );
    },
  ));
  fc.assert(fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
    let isObject = false;
    try {
      const value = JSON.parse(text);
      isObject = typeof value === "object" && value !== null &&
        !Array.isArray(value);
    } catch {
      // Not JSON: any answer is right, as the values are parsed later.
      membersOf(text);
      return;
    }
    assertEquals(membersOf(text) !== undefined, isObject);
  }));
  for (
    const text of [
      "",
      " ",
      "{",
      '{"a"',
      '{"a":',
      '{"a":1',
      "{}}",
      "{a:1}",
      '{"a":1}x',
      '{"a":"',
    ]
  ) {
    assertEquals(membersOf(text), undefined, text);
  }
});
