import { assert } from "@std/assert";
import { hunt, MUTANTS } from "./mutants.ts";

/** Each planted bug must be found within so many seeds. */
const SEEDS = 200;

for (const mutant of MUTANTS) {
  Deno.test(`The simulation finds a planted bug: ${mutant.name}`, async () => {
    const found = await hunt(mutant, { seeds: SEEDS });
    assert("seed" in found, `not found: ${JSON.stringify(found)}`);
  });
}
