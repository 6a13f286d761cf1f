import { assert, assertEquals } from "@std/assert";
import { makeCases } from "./kcl/cases.ts";
import { deaggregate } from "./kcl/deaggregate.ts";
import { expectedOf, readCases, writeCases } from "./kcl/lines.ts";
import { loadWhileResharding } from "./kcl/load.ts";

const folder = new URL("./kcl/", import.meta.url);
const readBack = (name: string) => Deno.readTextFile(new URL(name, folder));

Deno.test("our model of the KCL's deaggregator reads what the KCL itself has read", async () => {
  const cases = await readBack("cases.txt");
  assertEquals(expectedOf(readCases(cases)), await readBack("read_by_kcl.txt"));
});

Deno.test("the KCL has read the records that we write today", async () => {
  assertEquals(writeCases(makeCases()), await readBack("cases.txt"));
});

for (const ordering of ["none", "key", "shard"] as const) {
  Deno.test(`the KCL hands out every acknowledged value once while the stream is split and merged, with ordering ${ordering}`, async () => {
    for (const seed of [1, 2]) {
      const { acknowledged, stored, reshards } = await loadWhileResharding({
        seed,
        values: 4000,
        ordering,
      });
      assert(reshards > 5, `${reshards}`);
      assertEquals(acknowledged.length, 4000);
      const read = stored.flatMap((record) => deaggregate([record], record))
        .map(({ data }) => new TextDecoder().decode(data));
      assertEquals(read.toSorted(), acknowledged.toSorted());
      if (ordering === "none") continue;
      // The order of storing is that of reading for each key, since its shards follow one another.
      const numbers = Map.groupBy(
        read.map((value) => Number(value.slice(6))),
        (n) => n % 40,
      );
      for (const ofKey of numbers.values()) {
        assertEquals(ofKey, ofKey.toSorted((a, b) => a - b));
      }
    }
  });
}
