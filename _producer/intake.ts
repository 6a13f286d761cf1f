/**
 * From values to packed records: keys, checks, and the packer, which does one thing at a time.
 *
 * @module
 */
import { monotonicNow } from "../_core/clock.ts";
import { MAX_RECORD_BYTES } from "../_aws/limits.ts";
import { InvalidRecordError, KinesisError } from "../errors.ts";
import type { Packer, PackerOptions } from "../processors/mod.ts";
import { validateKeys } from "../processors/mod.ts";
import type { EncodedRecord, Put } from "../records.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import { RecordLimit } from "./record_limit.ts";
import { remember, repack } from "./repack.ts";
import { type Outcome, Pending, type Sending } from "./pending.ts";

/** Keys that override the producer's own for one value. */
export interface PutKeys {
  /** The partition key. */
  partitionKey?: string;
  /** The explicit hash key. */
  explicitHashKey?: string;
}

/** A value as it was written. */
export interface Written<T> {
  /** The value. */
  readonly value: T;
  /** Keys that were given with it. */
  readonly keys: PutKeys;
  /** Is told how it ends. */
  readonly outcome: Outcome<T> | undefined;
  /** The value as it was when it was written, if it has to wait. */
  readonly item?: Put<T>["item"];
}

/** Told what became of values. */
export interface IntakeEvents<T> {
  /** The value was taken; it is packed next. */
  taken(pending: Pending<T>): void;
  /** A record is full. */
  packed(record: EncodedRecord<Pending<T>>): void;
  /** The value cannot become a record; `sending` carried it before, if it was one. */
  refused(pending: Pending<T>, error: KinesisError, sending?: Sending): void;
  /** The packer has finished something that took time. */
  idle(): void;
}

/** Takes values. */
export class Intake<T> {
  readonly #options: ResolvedProducerOptions<T>;
  readonly #events: IntakeEvents<T>;
  readonly #createPacker: (
    emit: (record: EncodedRecord<Pending<T>>) => void,
    maxRecordBytes: number,
  ) => Packer<Pending<T>>;
  readonly #limit: RecordLimit;
  /** Whether records may be taken apart and packed again: one that holds a single value never is. */
  readonly #repacks: boolean;
  readonly #packer: Packer<Pending<T>>;
  #sharedKey: string | undefined;
  #busy: Promise<void> | undefined;
  #held = false;

  /** Makes an intake; `shardOf` predicts the shard of a key. */
  constructor(
    options: ResolvedProducerOptions<T>,
    shardOf: NonNullable<PackerOptions<Pending<T>>["shardOf"]>,
    events: IntakeEvents<T>,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#events = events;
    const { processor } = options;
    this.#limit = new RecordLimit(options, signal);
    this.#repacks = processor.scope !== "record";
    this.#createPacker = (emit, maxRecordBytes) =>
      processor.createPacker<Pending<T>>({
        maxRecordBytes,
        shardOf,
        sharesMemory: true,
        resendsStrays: true,
        emit,
      });
    this.#packer = this.#createPacker((record) => {
      this.#sharedKey = undefined;
      this.#packed(record);
    }, this.#limit.packedBytes);
  }

  /** Values inside the packer. */
  get pending(): number {
    return this.#packer.pending;
  }

  /** Bytes inside the packer, as far as it counts them. */
  get pendingBytes(): number {
    return this.#packer.pendingBytes ?? 0;
  }

  /** Packing takes time (compression), or what it depends on is about to change: no value must be added now, so that memory stays bounded. */
  get busy(): boolean {
    return this.#held || this.#busy !== undefined;
  }

  /** Takes a value. It is packed, or refused, later if the packer needs time. */
  add(
    value: T,
    keys: PutKeys,
    outcome: Outcome<T> | undefined,
    item?: Put<T>["item"],
  ): void {
    let pending: Pending<T>;
    try {
      pending = this.#prepare(value, keys, outcome);
    } catch (cause) {
      pending = this.describe({ value, keys, outcome });
      this.#events.taken(pending);
      this.#events.refused(pending, keyError(cause));
      return;
    }
    this.#events.taken(pending);
    if (item !== undefined) pending.item = item;
    try {
      validateKeys(pending);
      const packing = this.#packer.push(pending);
      if (item !== undefined && !packing) pending.item = undefined;
      if (packing) {
        this.#hold(packing.catch((error) => this.#tryAlone(pending, error)));
      }
    } catch (error) {
      const trying = this.#tryAlone(pending, error);
      if (trying) this.#hold(trying);
    }
  }

  /** A value that does not fit into a record may fit into one that only this stream takes. All others are refused. */
  #tryAlone(pending: Pending<T>, error: unknown): Promise<void> | undefined {
    if (
      error instanceof InvalidRecordError && error.code === "RecordTooLarge"
    ) return this.#packAlone(pending, error);
    this.#refuse(pending, error);
  }

  async #packAlone(
    pending: Pending<T>,
    tooLarge: InvalidRecordError,
  ): Promise<void> {
    pending.item ??= this.#itemOf(pending.value);
    const { bytes, source } = await this.#limit.ofStream();
    let error: unknown = tooLarge;
    if (bytes > this.#limit.packedBytes) {
      try {
        // Values of its key that came before must go before.
        await this.#packer.flush();
        const packer = this.#createPacker(
          (record) => this.#packed(record),
          bytes,
        );
        await packer.push(pending);
        return await packer.flush();
      } catch (cause) {
        error = cause;
      }
    }
    if (error instanceof InvalidRecordError && error.code === tooLarge.code) {
      const { message, code } = error;
      error = new InvalidRecordError(`${message} by ${source}`, {
        code,
        cause: error,
      });
    }
    this.#refuse(pending, error);
  }

  /** Packs everything that is inside, after whatever is being packed. Never rejects; `failed` hears why it could not. */
  flush(failed: (error: unknown) => void): Promise<void> | undefined {
    if (this.#busy) return this.#busy.then(() => this.flush(failed));
    let flushing: void | Promise<void> = undefined;
    try {
      flushing = this.#packer.flush();
    } catch (error) {
      failed(error);
    }
    if (flushing) return this.#hold(flushing.catch(failed));
  }

  /** Packs everything that is inside, calls back, and takes no value before that. */
  flushBefore(change: () => void, failed: (error: unknown) => void): void {
    this.#held = true;
    const then = () => {
      this.#held = false;
      change();
      this.#events.idle();
    };
    const flushing = this.flush(failed);
    if (flushing) flushing.then(then);
    else then();
  }

  /**
   * Packs values again that `sending` carried so far, apart from all others. One that cannot be packed any more is refused.
   * They are taken out of the records that they were in, since the caller may have changed them meanwhile.
   */
  async repack(
    puts: readonly Pending<T>[],
    sending: Sending,
  ): Promise<EncodedRecord<Pending<T>>[]> {
    return await repack(puts, {
      processor: this.#options.processor,
      createPacker: (emit) => this.#createPacker(emit, MAX_RECORD_BYTES),
      refused: (put, error) => this.#refuse(put, error, sending),
    });
  }

  #packed(record: EncodedRecord<Pending<T>>): void {
    if (this.#repacks) remember(record);
    this.#events.packed(record);
  }

  /** The serialized form of a value; `undefined` where the processor has none, or refuses the value. */
  #itemOf(value: T): Put<T>["item"] {
    try {
      return this.#options.processor.itemOf?.(value);
    } catch {
      // Packing it says why.
      return undefined;
    }
  }

  /** A value as it is now, since the caller may change it while it waits. */
  withItem(written: Written<T>): Written<T> {
    return { ...written, item: this.#itemOf(written.value) };
  }

  /** A value whose keys are found out before it is taken, as far as they can be told. */
  withKeys(written: Written<T>): Written<T> {
    const { value, keys, outcome } = written;
    const { partitionKey, explicitHashKey } = this.#options;
    try {
      return {
        value,
        keys: {
          partitionKey: keys.partitionKey ?? partitionKey?.(value),
          explicitHashKey: keys.explicitHashKey ?? explicitHashKey?.(value),
        },
        outcome,
      };
    } catch {
      // It throws again when the value is taken.
      return written;
    }
  }

  /** A value that was never taken, for reports: with its keys as far as they can be told. */
  describe({ value, keys, outcome }: Written<T>): Pending<T> {
    try {
      return this.#prepare(value, keys, outcome);
    } catch {
      return new Pending(
        value,
        keys.partitionKey ?? "",
        keys.explicitHashKey,
        this.#now(),
        outcome,
      );
    }
  }

  #prepare(
    value: T,
    keys: PutKeys,
    outcome: Outcome<T> | undefined,
  ): Pending<T> {
    const { explicitHashKey } = this.#options;
    return new Pending(
      value,
      keys.partitionKey ?? this.#partitionKeyOf(value),
      keys.explicitHashKey ?? explicitHashKey?.(value),
      this.#now(),
      outcome,
    );
  }

  // Only `recordTtlMs` asks how old a value is, and the time of day is a number that has to be allocated.
  #now(): number {
    const { clock, recordTtlMs } = this.#options;
    return recordTtlMs === Infinity ? 0 : monotonicNow(clock);
  }

  #partitionKeyOf(value: T): string {
    const { partitionKey, processor } = this.#options;
    if (partitionKey) return partitionKey(value);
    if (processor.scope !== "key") return crypto.randomUUID();
    // Values share a record only under one key: a new one for each record spreads them as well.
    return this.#sharedKey ??= crypto.randomUUID();
  }

  #refuse(pending: Pending<T>, cause: unknown, sending?: Sending): void {
    this.#events.refused(
      pending,
      cause instanceof KinesisError ? cause : new InvalidRecordError(
        `Cannot make a record of a value: ${String(cause)}`,
        { code: "NotSerializable", cause },
      ),
      sending,
    );
  }

  #hold(work: Promise<void>): Promise<void> {
    const held = work.then(() => {
      this.#busy = undefined;
      this.#events.idle();
    });
    return this.#busy = held;
  }
}

function keyError(cause: unknown): InvalidRecordError {
  if (cause instanceof InvalidRecordError) return cause;
  return new InvalidRecordError(
    `Cannot make a record of a value as 'partitionKey' or 'explicitHashKey' threw: ${
      String(cause)
    }`,
    { code: "InvalidPartitionKey", cause },
  );
}
