/**
 * Checks partition keys and explicit hash keys before sending: one invalid key fails a whole
 * PutRecords request.
 *
 * @module
 */
import { MAX_HASH_KEY, MAX_PARTITION_KEY_CHARACTERS } from "../_aws/limits.ts";
import { isWellFormed } from "../_core/utf8.ts";
import { InvalidRecordError } from "../errors.ts";
import type { Put } from "../records.ts";

/** The pattern in the API reference: decimal, without a sign and without leading zeros. */
const DECIMAL = /^(?:0|[1-9]\d{0,38})$/;
const MAX_HASH_KEY_TEXT = MAX_HASH_KEY.toString();

/**
 * Checks the partition key and the explicit hash key of a value.
 *
 * @throws {InvalidRecordError} if the partition key is not 1 to 256 Unicode characters, or the
 * explicit hash key is not a decimal number from 0 to 2^128-1
 */
export function validateKeys(
  put: Pick<Put<unknown>, "partitionKey" | "explicitHashKey">,
): void {
  const { partitionKey, explicitHashKey } = put;
  if (
    typeof partitionKey !== "string" || partitionKey.length === 0 ||
    partitionKey.length > MAX_PARTITION_KEY_CHARACTERS ||
    !isWellFormed(partitionKey)
  ) checkUnusualKey(partitionKey);
  if (explicitHashKey !== undefined) checkHashKey(explicitHashKey);
}

function checkUnusualKey(key: unknown): void {
  const problem = problemOf(key);
  if (problem === undefined) return;
  throw new InvalidRecordError(
    `Cannot put record as its partition key must be 1 to ${MAX_PARTITION_KEY_CHARACTERS} Unicode characters: current value ${problem}`,
    { code: "InvalidPartitionKey" },
  );
}

function problemOf(key: unknown): string | undefined {
  if (key === null) return "is null";
  if (typeof key !== "string") return `is of type ${typeof key}`;
  if (key.length === 0) return "is empty";
  if (!isWellFormed(key)) {
    return `${JSON.stringify(key.slice(0, 64))} has a lone surrogate`;
  }
  if (key.length <= MAX_PARTITION_KEY_CHARACTERS) return undefined;
  // A character outside the basic plane is two UTF-16 units and counts once.
  let characters = 0;
  for (const _ of key) characters++;
  return characters <= MAX_PARTITION_KEY_CHARACTERS
    ? undefined
    : `has ${characters} characters`;
}

function checkHashKey(key: unknown): void {
  if (
    typeof key === "string" && DECIMAL.test(key) &&
    (key.length < MAX_HASH_KEY_TEXT.length || key <= MAX_HASH_KEY_TEXT)
  ) return;
  const shown = typeof key === "string"
    ? JSON.stringify(key.slice(0, 64))
    : `of type ${typeof key}`;
  throw new InvalidRecordError(
    `Cannot put record as its explicit hash key must be a decimal number from 0 to 2^128-1 without leading zeros: current value is ${shown}`,
    { code: "InvalidExplicitHashKey" },
  );
}
