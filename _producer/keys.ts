/**
 * Chooses the keys of values.
 *
 * @module
 */
import { textOf } from "../_core/text_of.ts";
import { monotonicNow } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { InvalidRecordError } from "../errors.ts";
import type { PutKeys, ResolvedProducerOptions } from "./options.ts";
import type { Packing } from "./packing.ts";
import { NOT_MEASURED, type Outcome, Pending } from "./pending.ts";

/** Makes pending values out of values. */
export class Keys<T> {
  readonly #options: ResolvedProducerOptions<T>;
  readonly #packing: Pick<Packing<T>, "sharedKey">;

  /** Asks `packing` for the random key that pending values share. */
  constructor(
    options: ResolvedProducerOptions<T>,
    packing: Pick<Packing<T>, "sharedKey">,
  ) {
    this.#options = options;
    this.#packing = packing;
  }

  /**
   * A value with its keys.
   *
   * @throws if a function of the options that chooses a key throws
   */
  pending(
    value: T,
    keys: PutKeys,
    outcome: Outcome<T> | undefined,
  ): Pending<T> {
    const keyOf = this.#options.partitionKey;
    return new Pending(
      value,
      keys.partitionKey ?? (keyOf ? keyOf(value) : this.#randomKey()),
      keys.explicitHashKey ?? this.#options.explicitHashKey?.(value),
      this.#now(),
      outcome,
      keyOf !== undefined || keys.partitionKey !== undefined,
    );
  }

  /** A value for an error message or a report: with its keys as far as they can be determined. */
  described(
    value: T,
    keys: PutKeys,
    outcome: Outcome<T> | undefined,
  ): Pending<T> {
    try {
      return this.pending(value, keys, outcome);
    } catch {
      const { partitionKey = "", explicitHashKey } = keys;
      const now = this.#now();
      return new Pending(value, partitionKey, explicitHashKey, now, outcome);
    }
  }

  /**
   * The keys of a value that is not accepted yet. A random key is left open. If a function of the
   * options throws, the keys are unchanged: it throws again when the value is accepted.
   */
  early(value: T, keys: PutKeys): PutKeys {
    const { partitionKey, explicitHashKey } = this.#options;
    try {
      return {
        partitionKey: keys.partitionKey ?? partitionKey?.(value),
        explicitHashKey: keys.explicitHashKey ?? explicitHashKey?.(value),
      };
    } catch {
      return keys;
    }
  }

  // Only `recordTtlMs` and the hook `onBatch` need the age of a value. Without them the clock is not
  // read, which saves a number on the heap for each value. The hook is read by its name and not by
  // `hears`, which is called with all names: that took 0.1 µs for each value.
  #now(): number {
    const { clock, hooks, recordTtlMs } = this.#options;
    return recordTtlMs === Infinity && hooks?.onBatch === undefined
      ? NOT_MEASURED
      : monotonicNow(clock);
  }

  #randomKey(): string {
    return this.#options.processor.scope === "key"
      ? this.#packing.sharedKey
      : crypto.randomUUID();
  }
}

/**
 * Checks the keys of a call.
 *
 * @throws {TypeError} if they are not an object
 */
export function checkKeys(method: string, keys: PutKeys): void {
  if (typeof keys === "object" && keys !== null) return;
  const rule = "an object such as { partitionKey }";
  throw new TypeError(
    new OptionCheck(`Cannot ${method}`).message("keys", rule, keys),
  );
}

/** The error of a value whose keys cannot be determined. */
export function keyError(cause: unknown): InvalidRecordError {
  if (cause instanceof InvalidRecordError) return cause;
  return new InvalidRecordError(
    `Cannot make a record of a value as 'partitionKey' or 'explicitHashKey' threw: ${
      textOf(cause)
    }`,
    { code: "InvalidPartitionKey", cause },
  );
}
