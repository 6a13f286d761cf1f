import { assertEquals, assertRejects } from "@std/assert";
import { inputData } from "../../../examples/demo/data_sets.ts";
import { UsageError } from "../../../examples/demo/options.ts";

async function withInput<T>(
  content: string | Uint8Array,
  key: string | undefined,
  use: (data: Awaited<ReturnType<typeof inputData>>) => T,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    const input = `${folder}/lines.jsonl`;
    await Deno.writeFile(
      input,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    const { signal } = new AbortController();
    return await use(await inputData({ input, key, folder, signal }));
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
  ];
  for (const [content, key, message] of cases) {
    await assertRejects(
      () => withInput(content, key, () => {}),
      UsageError,
      message,
    );
  }
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
