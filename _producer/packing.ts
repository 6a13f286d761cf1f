/**
 * Packs values into records. The packer handles one value at a time.
 *
 * @module
 */
import { textOf } from "../_core/text_of.ts";
import { MAX_RECORD_BYTES } from "../_aws/limits.ts";
import { InvalidRecordError, KinesisError } from "../errors.ts";
import { type Packer, validateKeys } from "../processors/mod.ts";
import type { EncodedRecord, Put } from "../records.ts";
import { KeylessPut, withValues } from "./keyless.ts";
import type { Ledger } from "./ledger.ts";
import type { ResolvedProducerOptions } from "./options.ts";
import type { Pending, Sending } from "./pending.ts";
import { type KnownLimit, RecordLimit } from "./record_limit.ts";
import { itemsInside, remember } from "./repack.ts";
import type { SendQueue } from "./send_queue.ts";
import type { ShardRoutes } from "./shard_routes.ts";
import type { Supervisor } from "./supervisor.ts";

/** The stages around packing. */
interface PackingStages<T> {
  /** Predicts which values may share a record. */
  readonly routes: Pick<ShardRoutes, "ignoresKeys" | "shardOfKeys">;
  /** Receives the packed records. */
  readonly queue: Pick<SendQueue<T>, "add">;
  /** Receives the values that cannot become a record. */
  readonly ledger: Pick<Ledger<T>, "giveUp">;
}

/** Packs values for the first time, and again when they have to be sent in other records. */
export class Packing<T> {
  readonly #options: ResolvedProducerOptions<T>;
  readonly #stages: PackingStages<T>;
  readonly #supervisor: Supervisor;
  readonly #limit: RecordLimit;
  /** Whether values may have to be packed again. A record of a single value never is. */
  readonly #packsAgain: boolean;
  /**
   * Whether values of all keys share records while the stream ignores keys. Not with an order: it
   * holds again at once when the stream goes back to its keys.
   */
  readonly #mayMixKeys: boolean;
  readonly #packer: Packer<Pending<T> | KeylessPut<T>>;
  /** Whether values of several keys may be in one record. */
  #hasMixed = false;
  #sharedKey: string | undefined;
  /** Work of the packer that takes time, such as compression. */
  #working: Promise<void> | undefined;
  #isHeld = false;

  /** Starts empty. `signal` ends its requests. */
  constructor(
    options: ResolvedProducerOptions<T>,
    stages: PackingStages<T>,
    supervisor: Supervisor,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#stages = stages;
    this.#supervisor = supervisor;
    this.#limit = new RecordLimit(options, signal);
    this.#packsAgain = options.processor.scope !== "record";
    this.#mayMixKeys = options.processor.scope === "key" &&
      options.ordering === "none";
    const { packedBytes } = this.#limit;
    this.#packer = this.#createPacker<Pending<T> | KeylessPut<T>>((record) => {
      this.#sharedKey = undefined;
      this.#add(
        this.#hasMixed
          ? withValues(record, packedBytes)
          : record as EncodedRecord<Pending<T>>,
      );
    }, packedBytes);
  }

  /** The number of values in the packer. */
  get pending(): number {
    return this.#packer.pending;
  }

  /** Bytes in the packer, as far as the packer counts them. */
  get pendingBytes(): number {
    return this.#packer.pendingBytes ?? 0;
  }

  /** Whether no value may be pushed now. This bounds the memory of a packer that works slowly. */
  get isBusy(): boolean {
    return this.#isHeld || this.#working !== undefined;
  }

  /**
   * The random key of the values that are pending. Values of different keys do not share a record,
   * and a new key for each record spreads the records over the shards.
   */
  get sharedKey(): string {
    return this.#sharedKey ??= crypto.randomUUID();
  }

  /**
   * Packs a value. `item` is its serialized form, if it has been serialized already. A value that
   * cannot become a record is given up, now or later.
   */
  push(pending: Pending<T>, item?: Put<T>["item"]): void {
    if (item !== undefined) pending.item = item;
    try {
      validateKeys(pending);
      const packing = this.#packer.push(this.#toPack(pending));
      if (packing) this.#work(this.#packLater(pending, packing));
      else if (item !== undefined) pending.item = undefined;
    } catch (error) {
      const packing = this.#packAlone(pending, error);
      if (packing) this.#work(packing);
    }
  }

  #toPack(pending: Pending<T>): Pending<T> | KeylessPut<T> {
    if (!this.#mayMixKeys || !this.#stages.routes.ignoresKeys) return pending;
    this.#hasMixed = true;
    return new KeylessPut(pending, this.sharedKey);
  }

  /** Packs all pending values. Never rejects. `undefined` if everything is packed on return. */
  flush(): Promise<void> | undefined {
    if (this.#working) return this.#working.then(() => this.flush());
    try {
      const flushing = this.#packer.flush();
      if (!flushing) return undefined;
      return this.#work(flushing);
    } catch (error) {
      this.#supervisor.fail(error);
    }
  }

  /** Is busy until it is released. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Ends {@linkcode Packing.hold}. */
  release(): void {
    this.#isHeld = false;
  }

  /**
   * Packs values again that `sending` carried, separately from all others. Never rejects: a value
   * that cannot be packed any more is given up.
   */
  async repack(
    puts: readonly Pending<T>[],
    sending: Sending,
  ): Promise<EncodedRecord<Pending<T>>[]> {
    const records: EncodedRecord<Pending<T>>[] = [];
    const inside = new Set<Pending<T>>();
    const packer = this.#createPacker<Pending<T>>((record) => {
      for (const put of record.puts) inside.delete(put);
      remember(record);
      records.push(record);
    }, MAX_RECORD_BYTES);
    // Awaits only if it must: the shards may change meanwhile.
    const unpacking = itemsInside(puts, this.#options.processor);
    if (unpacking) await unpacking;
    for (const put of puts) {
      // Given up when these values were packed again the last time.
      if (put.givenUp) continue;
      inside.add(put);
      try {
        const packing = packer.push(put);
        if (packing) await packing;
      } catch (error) {
        inside.delete(put);
        this.#refuse(put, error, sending);
      }
    }
    try {
      await packer.flush();
    } catch (error) {
      for (const put of inside) this.#refuse(put, error, sending);
    }
    return records;
  }

  #createPacker<P extends Put<T>>(
    emit: (record: EncodedRecord<P>) => void,
    maxRecordBytes: number,
  ): Packer<P> {
    const { routes } = this.#stages;
    return this.#options.processor.createPacker<P>({
      maxRecordBytes,
      shardOf: (partitionKey, explicitHashKey) =>
        routes.shardOfKeys(partitionKey, explicitHashKey),
      sharesMemory: true,
      resendsStrays: true,
      emit,
    });
  }

  #add(record: EncodedRecord<Pending<T>>): void {
    if (this.#packsAgain) remember(record);
    this.#stages.queue.add(record);
  }

  /** The caller may change the value while a packer works, so its serialized form is kept. */
  async #packLater(pending: Pending<T>, packing: Promise<void>): Promise<void> {
    pending.item ??= itemOf(this.#options.processor, pending.value);
    try {
      await packing;
      pending.item = undefined;
    } catch (error) {
      await this.#packAlone(pending, error);
    }
  }

  /** A value that is too large may fit into a larger record, if this stream allows one. */
  #packAlone(pending: Pending<T>, error: unknown): Promise<void> | undefined {
    if (isTooLarge(error)) return this.#packLarge(pending, error);
    this.#refuse(pending, error);
  }

  async #packLarge(
    pending: Pending<T>,
    tooLarge: InvalidRecordError,
  ): Promise<void> {
    pending.item ??= itemOf(this.#options.processor, pending.value);
    let limit = this.#limit.ofEveryStream;
    let error: unknown = await this.#packWithin(limit, pending, tooLarge);
    if (isTooLarge(error)) {
      limit = await this.#limit.ofStream();
      error = await this.#packWithin(limit, pending, error);
    }
    if (error === undefined) return;
    if (isTooLarge(error)) {
      const { message, code } = error;
      error = new InvalidRecordError(`${message} by ${limit.source}`, {
        code,
        cause: error,
      });
    }
    this.#refuse(pending, error);
  }

  /**
   * Packs a value alone, into a record that is larger than the packer makes. Resolves with the error
   * if that fails: with `tooLarge` if the limit is that of the packer.
   */
  async #packWithin(
    { bytes }: KnownLimit,
    pending: Pending<T>,
    tooLarge: InvalidRecordError,
  ): Promise<unknown> {
    if (bytes <= this.#limit.packedBytes) return tooLarge;
    try {
      // Earlier values of the same key must be packed first.
      await this.#packer.flush();
      const packer = this.#createPacker<Pending<T>>(
        (record) => this.#add(record),
        bytes,
      );
      await packer.push(pending);
      await packer.flush();
    } catch (error) {
      return error;
    }
  }

  #refuse(pending: Pending<T>, cause: unknown, sending?: Sending): void {
    const error = cause instanceof KinesisError
      ? cause
      : new InvalidRecordError(
        `Cannot make a record of a value: ${textOf(cause)}`,
        { code: "NotSerializable", cause },
      );
    this.#stages.ledger.giveUp([pending], error, sending);
  }

  #work(work: Promise<void>): Promise<void> {
    const working = work.catch((error) => this.#supervisor.fail(error)).then(
      () => {
        this.#working = undefined;
        this.#supervisor.wake();
      },
    );
    return this.#working = working;
  }
}

function isTooLarge(error: unknown): error is InvalidRecordError {
  return error instanceof InvalidRecordError && error.code === "RecordTooLarge";
}

/** The serialized form of a value; `undefined` if the processor has none or cannot serialize it. */
export function itemOf<T>(
  processor: ResolvedProducerOptions<T>["processor"],
  value: T,
): Put<T>["item"] {
  try {
    return processor.itemOf?.(value);
  } catch {
    // Packing throws the same error and reports it.
    return undefined;
  }
}
