/**
 * The number of random and mutated inputs that a fuzz test gives to each decoder.
 *
 * @module
 */

/**
 * Each run draws other inputs, and a failure names its seed. `FUZZ_INPUTS` sets another number: a
 * release is checked with 100 000.
 */
export const FUZZ_INPUTS: number = Number(
  Deno.env.get("FUZZ_INPUTS") ?? 20_000,
);
