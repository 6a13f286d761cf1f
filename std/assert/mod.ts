/**
 * Stand-in for `@std/assert`: the assertions that this project uses, with the same signatures and documented behaviour,
 * for machines that cannot reach JSR. Never shipped.
 *
 * @module
 */
export { assert, assertExists, assertFalse } from "./assert.ts";
export type { Falsy } from "./assert.ts";
export { AssertionError } from "./assertion_error.ts";
export {
  assertAlmostEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
} from "./compare.ts";
export { equal } from "./equal.ts";
export { assertEquals, assertNotEquals } from "./equals.ts";
export { fail, unreachable } from "./fail.ts";
export { assertInstanceOf } from "./instance_of.ts";
export { assertRejects } from "./rejects.ts";
export { assertStrictEquals } from "./strict_equals.ts";
export { assertMatch, assertStringIncludes } from "./text.ts";
export { assertThrows } from "./throws.ts";
