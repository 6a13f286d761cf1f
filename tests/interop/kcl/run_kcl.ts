/**
 * Has the Kinesis Client Library for Java read what we write: the cases, whose answers are the
 * fixtures of this folder, and the records of a stream that is split and merged under load. Needs
 * Java 17 and Maven.
 *
 *     deno run -A tests/interop/kcl/run_kcl.ts            # compares
 *     deno run -A tests/interop/kcl/run_kcl.ts --write    # writes the fixtures again
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { makeCases } from "./cases.ts";
import { here, installKcl, KCL } from "./install.ts";
import { expectedOf, writeCases } from "./lines.ts";
import { loadWhileResharding } from "./load.ts";

/** The values that the library reads from these lines. */
async function readByJava(classPath: string, lines: string): Promise<string> {
  const java = new Deno.Command("java", {
    args: ["-cp", classPath, here("Deaggregate.java")],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const [{ success, stdout }] = await Promise.all([
    java.output(),
    new Blob([lines]).stream().pipeTo(java.stdin),
  ]);
  assert(success, "Deaggregate.java has failed");
  // Log lines of the library have no tabs.
  return new TextDecoder().decode(stdout).split("\n")
    .filter((line) => line.split("\t").length === 6)
    .map((line) => `${line}\n`).join("");
}

if (import.meta.main) {
  const classPath = await installKcl();
  const cases = makeCases();
  const lines = writeCases(cases);
  const read = await readByJava(classPath, lines);
  if (Deno.args.includes("--write")) {
    await Deno.writeTextFile(here("cases.txt"), lines);
    await Deno.writeTextFile(here("read_by_kcl.txt"), read);
  }
  assertEquals(read, expectedOf(cases), "the model and the library differ");
  console.log(
    `${cases.length} cases: the model reads what the KCL ${KCL} reads`,
  );
  for (const ordering of ["none", "key", "shard"] as const) {
    for (const seed of [1, 2, 3]) {
      const result = await loadWhileResharding({
        seed,
        values: 5000,
        ordering,
      });
      const { stored, acknowledged, reshards } = result;
      const output = await readByJava(classPath, writeCases(stored));
      assertEquals(output, expectedOf(stored));
      const values = output.trimEnd().split("\n")
        .map((line) => line.split("\t")[5]!);
      const expected = acknowledged.map((value) =>
        Array.from(
          new TextEncoder().encode(value),
          (byte) => byte.toString(16).padStart(2, "0"),
        ).join("")
      );
      assertEquals(values.sort(), expected.sort());
      console.log(
        `ordering ${ordering}, seed ${seed}: ${reshards} reshards, ${stored.length} records stored, ` +
          `${acknowledged.length} values acknowledged, the KCL hands out each once`,
      );
    }
  }
}
