import { assertThrows } from "@std/assert";
import { Consumer, Producer } from "../../mod.ts";
import * as processors from "../../processors/mod.ts";
import { KinesisServer } from "../../testing/mod.ts";

const { createProcessor, deflateRaw, gzip, json, newline, validated } =
  processors;

Deno.test("processors say which part is missing or has not the methods of that part", () => {
  const none = undefined as never;
  const schema = { "~standard": { version: 1, validate: () => ({}) } } as never;
  const parts: [() => unknown, string][] = [
    [() => createProcessor(none), "create processor as 'options'"],
    [
      () => createProcessor({ serializer: json() } as never),
      "create processor as 'framing' must be an object with the methods createPacker, unpack",
    ],
    [
      () => createProcessor({ framing: newline() } as never),
      "create processor as 'serializer' must be an object with the methods serialize, deserialize",
    ],
    [
      () => createProcessor({ serializer: json, framing: newline() } as never),
      "create processor as 'serializer'",
    ],
    [
      () => createProcessor({ serializer: json(), framing: newline } as never),
      "create processor as 'framing'",
    ],
    [() => gzip(none), "use gzip as 'inner'"],
    [() => gzip(json as never), "use gzip as 'inner'"],
    [() => deflateRaw(none), "use deflate-raw as 'inner'"],
    [() => validated(none, schema), "use validated as 'inner'"],
    [
      () => validated(json(), schema, { on: "wrte" as never }),
      `use validated as 'on' must be "both", "read" or "write"`,
    ],
  ];
  for (const [create, message] of parts) {
    assertThrows(create, TypeError, `Cannot ${message}`);
  }
});

Deno.test("processors refuse options that are null", () => {
  const none = null as never;
  const { jsonLines, kpl, kplJson, msgpack } = processors;
  for (
    const create of [
      () => createProcessor(none),
      () => gzip(json(), none),
      () => deflateRaw(json(), none),
      () => json(none),
      () => jsonLines(none),
      () => kpl(none),
      () => kplJson(none),
      () => msgpack(none),
    ]
  ) assertThrows(create, TypeError, "as 'options' must be an object");
});

Deno.test("Producer, Consumer and KinesisServer refuse options that are null or missing", () => {
  const none = null as never;
  const missing = undefined as never;
  for (
    const [create, what] of [
      [() => new Producer(none), "Producer"],
      [() => new Producer(missing), "Producer"],
      [() => new Consumer(none), "Consumer"],
      [() => new Consumer(missing), "Consumer"],
      [() => new KinesisServer(none), "KinesisServer"],
    ] as const
  ) {
    const message = `Cannot create ${what} as 'options' must be an object`;
    assertThrows(create, TypeError, message);
  }
});
