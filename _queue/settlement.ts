/**
 * What is to become of a received record.
 *
 * @module
 */

/** What happens to a record, or to one of its values. */
export type Settlement =
  /** It is processed: the record is removed. */
  | { readonly type: "acknowledge" }
  /** It is given back, and visible after this time, in seconds. */
  | { readonly type: "return"; readonly delaySeconds: number }
  /** The dead letter goes back into its queue. */
  | { readonly type: "restore" };

/**
 * The settlement of a record whose values have these two. Nothing is removed that a value still
 * needs: giving back comes before restoring, and restoring before removing.
 */
export function combined(
  first: Settlement | undefined,
  second: Settlement,
): Settlement {
  if (!first || first.type === "acknowledge") return second;
  if (first.type === "return" && second.type === "return") {
    return first.delaySeconds >= second.delaySeconds ? first : second;
  }
  return second.type === "return" ? second : first;
}
