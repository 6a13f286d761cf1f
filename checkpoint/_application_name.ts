/**
 * The option `name`, which all checkpointers with a store of their own have.
 *
 * @module
 */
import type { OptionCheck } from "../_core/option_check.ts";

/** The longest name. With the longest ids of Kinesis, a key stays below Deno KV's 2048 bytes. */
const MAX_NAME_LENGTH = 256;

/**
 * The name of an application.
 *
 * @throws {RangeError} if it is not 1 to 256 characters
 */
export function applicationName(check: OptionCheck, name: unknown): string {
  if (typeof name === "string" && name && name.length <= MAX_NAME_LENGTH) {
    return name;
  }
  const rule = `a text of 1 to ${MAX_NAME_LENGTH} characters`;
  throw new RangeError(check.message("name", rule, name));
}
