/**
 * The common part of all tag actions, on streams and on consumers.
 *
 * @module
 */
import { MAX_TAGS } from "../_state/limits.ts";
import { invalidArgument } from "../_wire/service_error.ts";
import { type Field, list, text } from "../_wire/shape.ts";

/** The TagKeys of a request that removes tags. */
export const tagKeys: Field<string[]> = list(text({ min: 1, max: 128 }), {
  min: 1,
  max: MAX_TAGS,
});

const ALLOWED = /^[\p{L}\p{N}\p{Zs}_.:/=+\-%@]*$/u;

/** Adds tags. Throws if a tag is invalid or the resource would have more than 50. */
export function addTags(
  resource: { readonly tags: Map<string, string> },
  tags: ReadonlyMap<string, string>,
): void {
  for (const [key, value] of tags) {
    if (!ALLOWED.test(key) || !ALLOWED.test(value)) {
      throw invalidArgument(
        "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.",
      );
    }
    if (key.toLowerCase().startsWith("aws:")) {
      throw invalidArgument(
        `Tag ${key} begins with aws:, which is reserved.`,
      );
    }
  }
  const count = new Set([...resource.tags.keys(), ...tags.keys()]).size;
  if (count > MAX_TAGS) {
    throw invalidArgument(
      `Failed to add tags: a resource can have at most ${MAX_TAGS} tags, and would have ${count}.`,
    );
  }
  for (const [key, value] of tags) resource.tags.set(key, value);
}

/** Removes tags. A key without a tag is ignored. */
export function removeTags(
  resource: { readonly tags: Map<string, string> },
  keys: readonly string[],
): void {
  for (const key of keys) resource.tags.delete(key);
}

/** The tags in the API's shape, sorted by key. */
export function describeTags(
  resource: { readonly tags: ReadonlyMap<string, string> },
): { Key: string; Value: string }[] {
  return [...resource.tags]
    .map(([Key, Value]) => ({ Key, Value }))
    .sort((a, b) => a.Key < b.Key ? -1 : 1);
}
