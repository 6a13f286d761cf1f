/**
 * Packing into compressed records.
 *
 * @module
 */
import { utf8Length } from "../_core/utf8.ts";
import { InvalidRecordError } from "../errors.ts";
import type { EncodedRecord, Put } from "../records.ts";
import { tooLarge } from "./_errors.ts";
import { recordLimit } from "./_limit.ts";
import { LARGEST_RECORD_BYTES } from "./limits.ts";
import type { Packer, PackerOptions, Processor } from "./processor.ts";

/** How many bytes may wait to be compressed before a push asks to be waited for. */
const MAX_WAITING_BYTES = 2_097_152;

/** What a compression brings along. */
export interface Compressor {
  /** Compresses bytes. */
  compress(
    data: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Whether a reader would take these bytes for compressed ones. */
  detect(data: Uint8Array): boolean;
}

/**
 * Compresses the records of another packer one after another, so that they come out in order.
 *
 * The inner records are kept so small that they fit even if they cannot be compressed. A value that is too large for
 * that is tried alone.
 */
export class CompressedPacker<T, P extends Put<T>> implements Packer<P> {
  readonly #processor: Pick<Processor<T>, "createPacker">;
  readonly #inner: Packer<P>;
  readonly #compressor: Compressor;
  readonly #emit: PackerOptions<P>["emit"];
  readonly #limit: number;
  #tail: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  #waitingValues = 0;
  #failure: { error: unknown } | undefined;

  /**
   * Makes an empty packer.
   *
   * @throws {RangeError} if the size limit is out of range
   */
  constructor(
    processor: Pick<Processor<T>, "createPacker">,
    compressor: Compressor,
    options: PackerOptions<P>,
  ) {
    this.#processor = processor;
    this.#compressor = compressor;
    this.#emit = options.emit;
    this.#limit = recordLimit(options);
    this.#inner = processor.createPacker<P>({
      ...options,
      maxRecordBytes: safeLimit(this.#limit),
      emit: (record) => {
        // Its failure is kept, and thrown by the next call.
        this.#enqueue(record).catch(() => {});
      },
    });
  }

  get pending(): number {
    return this.#inner.pending + this.#waitingValues;
  }

  get pendingBytes(): number {
    return (this.#inner.pendingBytes ?? 0) + this.#waitingBytes;
  }

  push(put: P): void | Promise<void> {
    this.#throwFailure();
    let pushed: void | Promise<void>;
    try {
      pushed = this.#inner.push(put);
    } catch (error) {
      if (
        error instanceof InvalidRecordError && error.code === "RecordTooLarge"
      ) return this.#pushLarge(put);
      throw error;
    }
    if (pushed) return pushed.then(() => this.#room());
    if (this.#waitingBytes > MAX_WAITING_BYTES) return this.#room();
  }

  async flush(): Promise<void> {
    this.#throwFailure();
    await this.#inner.flush();
    await this.#room();
  }

  /** Resolves when everything that waits now has been emitted. */
  async #room(): Promise<void> {
    await this.#tail;
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Takes a value that fits only if it can be compressed. */
  async #pushLarge(put: P): Promise<void> {
    const records: EncodedRecord<P>[] = [];
    const packer = this.#processor.createPacker<P>({
      maxRecordBytes: LARGEST_RECORD_BYTES,
      emit: (record) => records.push(record),
    });
    await packer.push(put);
    await packer.flush();
    await this.#inner.flush();
    for (const record of records) await this.#enqueue(record, true);
    this.#throwFailure();
  }

  /** Resolves when the record has been emitted; rejects if it is too large, or if emitting fails. */
  #enqueue(record: EncodedRecord<P>, alone = false): Promise<void> {
    const { length } = record.data;
    this.#waitingBytes += length;
    this.#waitingValues += record.puts.length;
    const done = this.#tail.then(async () => {
      try {
        if (!this.#failure) await this.#write(record);
      } finally {
        this.#waitingBytes -= length;
        this.#waitingValues -= record.puts.length;
      }
    });
    this.#tail = done.catch((error) => {
      // That of a value alone is the business of its push.
      if (alone && error instanceof InvalidRecordError) return;
      this.#failure ??= { error };
    });
    return done;
  }

  async #write(record: EncodedRecord<P>): Promise<void> {
    const keyBytes = utf8Length(record.partitionKey);
    const data = await this.#compressor.compress(record.data);
    const size = data.length + keyBytes;
    if (size <= this.#limit) return this.#emit({ ...record, data, size });
    // What cannot be compressed may go as it is: readers tell the two apart.
    if (
      record.size <= this.#limit && !this.#compressor.detect(record.data)
    ) return this.#emit(record);
    throw tooLarge(record.puts[0]!, size, this.#limit);
  }
}

/** The largest size that is sure to fit even if compressing makes it larger: by 0.2 % and a head and tail at the very most. */
function safeLimit(limit: number): number {
  return Math.max(1, limit - Math.ceil(limit / 512) - 64);
}
