import {
  assertEquals,
  assertFalse,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  inputData,
  type InputOptions,
} from "../../../examples/demo/data_sets.ts";
import type { Envelope } from "../../../examples/demo/envelope.ts";
import { UsageError } from "../../../examples/demo/options.ts";
import {
  gzip,
  json,
  kplJson,
  msgpack,
  type Processor,
} from "../../../processors/mod.ts";

async function withInput<T>(
  content: string | Uint8Array,
  key: string | undefined,
  use: (data: Awaited<ReturnType<typeof inputData>>) => T,
  processor?: InputOptions["processor"],
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    const input = `${folder}/lines.jsonl`;
    await Deno.writeFile(
      input,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    const { signal } = new AbortController();
    return await use(
      await inputData({ input, key, folder, processor, signal }),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const entriesOf = (content: string, key?: string) =>
  withInput(content, key, async (data) => {
    const entries = await Array.fromAsync(data.open());
    assertEquals(data.total, entries.length);
    return entries;
  });

Deno.test("inputData takes the key from a field, a nested field or a field with a dot", async () => {
  assertEquals(await entriesOf('{"id":"x"}\r\n\n{"id":7}', "id"), [
    { key: "x", value: { id: "x" } },
    { key: "7", value: { id: 7 } },
  ]);
  const nested = { u: { id: "é" } };
  assertEquals(await entriesOf(JSON.stringify(nested), "u.id"), [
    { key: "é", value: nested },
  ]);
  const dotted = { "u.id": true };
  assertEquals(await entriesOf(JSON.stringify(dotted), "u.id"), [
    { key: "true", value: dotted },
  ]);
});

Deno.test("inputData spreads lines over keys when no field is named", async () => {
  const entries = await entriesOf("1\n".repeat(130));
  assertEquals(new Set(entries.map(({ key }) => key)).size, 64);
});

Deno.test("inputData refuses before the first use when a line cannot be used", async () => {
  const cases: [string | Uint8Array, string | undefined, string][] = [
    ['{"a":1}\n{oops\n', undefined, "line 2 of"],
    ['{"a":1}\n{"b":1}\n', "a", 'its "a" must be a text or a number'],
    ['{"a":{}}\n', "a", 'its "a" must be a text or a number'],
    ["null\n", "a", 'its "a" must be a text or a number'],
    ['{"a":""}\n', "a", "1 to 256 characters to be a key, it has 0"],
    [`{"a":"${"😀".repeat(257)}"}\n`, "a", "it has 257"],
    ["\n \n", undefined, "there is no record in it"],
    [new Uint8Array([0xff, 0xfe, 0x0a]), undefined, "it is not UTF-8"],
    ["1\n[1e400]\n", undefined, "line 2 of"],
    ["[1e400]", undefined, "the number 1e400 would become another one"],
    ['{"a":-1E-400}', undefined, "the number -1E-400 would become"],
    ["-0.0", undefined, "the number -0.0 would become"],
    ["12345678901234567890", undefined, "the number 12345678901234567890"],
    ["1".repeat(400), undefined, "the number 1111"],
    ['1\n{"a":1,"a":2}', undefined, "line 2 of"],
    ['{"a":1,"\\u0061":1}', undefined, "two fields of one name"],
    ['[{"b":{"a":1,"a":1}}]', undefined, "two fields of one name"],
    ["1\n0.1234567890123456789", undefined, "line 2 of"],
    ["0.1234567890123456789", undefined, "0.1234567890123456789 would become"],
    ["123456789.0123456789", undefined, "123456789.0123456789 would become"],
    ["[4e-324]", undefined, "the number 4e-324 would become"],
    [`1\n${"[".repeat(20_000)}${"]".repeat(20_000)}`, undefined, "line 2 of"],
    [`${'{"a":'.repeat(20_000)}1`, undefined, "more than 1000 levels deep"],
    [
      `1\n"${"x".repeat(1_048_576)}"\n`,
      undefined,
      "its record would have 1048638 bytes with the key",
    ],
    [`1\n2\n"${"x".repeat(17e6)}`, undefined, "is far too long"],
  ];
  for (const [content, key, message] of cases) {
    await assertRejects(
      () => withInput(content, key, () => {}),
      UsageError,
      message,
    );
  }
});

Deno.test("inputData names the line when the processor cannot carry it", async () => {
  const big = `1\n"${"x".repeat(1_100_000)}"`;
  const cases: [string, Processor<Envelope>, string][] = [
    ['1\n{"a":["\\ud800"]}', msgpack(), "a lone surrogate"],
    ['1\n{"__proto__":1}', msgpack(), "key that is not supported: __proto__"],
    [big, kplJson(), "its record would have"],
    [big, msgpack(), "its record would have"],
    ["1\n[[2]]", losing, "json would change its content"],
  ];
  for (const [content, processor, message] of cases) {
    const error = await assertRejects(
      () => withInput(content, undefined, () => {}, processor),
      UsageError,
      message,
    );
    assertStringIncludes(error.message, "Cannot use line 2 of ");
    assertFalse(error.message.includes("key-1"), error.message);
  }
  const { total } = await withInput(
    big,
    undefined,
    (data) => data,
    gzip(json()),
  );
  assertEquals(total, 2);
});

/** Writes lists within lists as what they hold. */
const losing = json<Envelope>({
  replacer: (_, value) =>
    Array.isArray(value) && Array.isArray(value[0]) ? value[0] : value,
});

Deno.test("inputData keeps numbers whose text is longer than they are", async () => {
  const numbers = [1.5, 1e25, 0, 1e-300, 2 ** 60, 0.1, 0.1];
  const texts = "1.50\n1e25\n0.0e5\n1E-300\n1152921504606846976\n" +
    "0.1000000000000000055511151231257827\n0.10000000000000001\n";
  assertEquals((await entriesOf(texts)).map(({ value }) => value), numbers);
});

Deno.test("inputData keeps names with colons and brackets, and values a thousand levels deep", async () => {
  const values = [
    { 'a:"[{\\': ":[", b: ['"\\', "}]:"], __proto: { a: { a: 1 } } },
    JSON.parse("[".repeat(1000) + "]".repeat(1000)),
  ];
  const text = values.map((value) => JSON.stringify(value)).join("\n");
  assertEquals(
    (await entriesOf(text)).map(({ value }) => JSON.stringify(value)),
    text.split("\n"),
  );
});

Deno.test("inputData reads a file with a byte order mark and without a last line feed", async () => {
  const values = (await entriesOf('\ufeff{"a":1}\r\n2')).map((e) => e.value);
  assertEquals(values, [{ a: 1 }, 2]);
});

Deno.test("inputData refuses when there is no such file", async () => {
  const { signal } = new AbortController();
  const options = { key: undefined, folder: "/tmp", signal };
  await assertRejects(
    () => inputData({ ...options, input: "/no/such.jsonl" }),
    UsageError,
    "Cannot read /no/such.jsonl: there is no such file",
  );
  await assertRejects(
    () => inputData({ ...options, input: "/tmp" }),
    UsageError,
    "Cannot read /tmp: it is a folder",
  );
});
