import {
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
} from "@std/assert";
import {
  deflateRaw,
  gzip,
  json,
  jsonLines,
  jsonList,
  kplJson,
  msgpack,
  type Processor,
} from "../../processors/mod.ts";
import type { Put } from "../../records.ts";

const PROCESSORS: Processor<string>[] = [
  json<string>(),
  jsonLines<string>(),
  jsonList<string>(),
  msgpack<string>(),
  kplJson<string>(),
  gzip(jsonLines<string>()),
  deflateRaw(kplJson<string>()),
];

for (const processor of PROCESSORS) {
  Deno.test(`Packer.pendingBytes of ${processor.name} is about what is inside, and nothing when nothing is`, async () => {
    let emitted = 0;
    const packer = processor.createPacker<Put<string>>({
      shardOf: (key) => key[0],
      emit: ({ puts }) => {
        emitted += puts.length;
      },
    });
    assertEquals(packer.pendingBytes ?? 0, 0);
    for (let i = 0; i < 500; i++) {
      const value = "x".repeat(i % 2 ? 1000 : 10);
      await packer.push({ value, partitionKey: `${i % 2}-${i % 7}` });
      const { pending, pendingBytes = 0 } = packer;
      // An item takes its text, and at most a hundred bytes of keys and framing.
      assertGreaterOrEqual(pendingBytes, 10 * pending);
      assertLessOrEqual(pendingBytes, 1100 * pending);
    }
    await packer.flush();
    assertEquals([packer.pending, packer.pendingBytes ?? 0], [0, 0]);
    assertEquals(emitted, 500);
  });
}
