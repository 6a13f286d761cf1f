/**
 * Packs values into compressed records.
 *
 * @module
 */
import { MAX_RECORD_BYTES } from "../_aws/limits.ts";
import { utf8Length } from "../_core/utf8.ts";
import { InvalidRecordError } from "../errors.ts";
import type { EncodedRecord, Put } from "../records.ts";
import { tooLarge } from "./_errors.ts";
import { recordLimit } from "./_record_limit.ts";
import type { Packer, PackerOptions, Processor } from "./processor.ts";

/** With more bytes than this waiting for compression, `push` returns a promise to wait for. */
const MAX_WAITING_BYTES = 2_097_152;

/** A compression format. */
export interface Compressor {
  /** Compresses bytes. */
  compress(
    data: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Whether a reader treats these bytes as compressed. */
  detect(data: Uint8Array): boolean;
}

/**
 * Compresses the records of an inner packer, one after another, so that they are emitted in order.
 *
 * The size limit of the inner packer is slightly lower, so that a record fits even if compression
 * makes it larger. A value that exceeds the lower limit is compressed alone in a record.
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
        // The error is kept in #failure and thrown by the next call.
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
    if (pushed) return pushed.then(() => this.#drained());
    if (this.#waitingBytes > MAX_WAITING_BYTES) return this.#drained();
  }

  async flush(): Promise<void> {
    this.#throwFailure();
    await this.#inner.flush();
    await this.#drained();
  }

  /** Resolves when all records that are waiting now have been emitted. Rejects if one failed. */
  async #drained(): Promise<void> {
    await this.#tail;
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Packs a value that fits into a record only after compression. */
  async #pushLarge(put: P): Promise<void> {
    const records: EncodedRecord<P>[] = [];
    const packer = this.#processor.createPacker<P>({
      maxRecordBytes: MAX_RECORD_BYTES,
      emit: (record) => records.push(record),
    });
    await packer.push(put);
    await packer.flush();
    await this.#inner.flush();
    for (const record of records) await this.#enqueue(record, true);
    this.#throwFailure();
  }

  /** Resolves when the record has been emitted. Rejects if it is too large or if emitting fails. */
  #enqueue(record: EncodedRecord<P>, isSingle = false): Promise<void> {
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
      // A value that is too large rejects its own push and does not fail the packer.
      if (isSingle && error instanceof InvalidRecordError) return;
      this.#failure ??= { error };
    });
    return done;
  }

  async #write(record: EncodedRecord<P>): Promise<void> {
    const keyBytes = utf8Length(record.partitionKey);
    const data = await this.#compressor.compress(record.data);
    const size = data.length + keyBytes;
    if (size <= this.#limit) return this.#emit({ ...record, data, size });
    // A record that compression makes too large is sent uncompressed, if readers can recognize
    // that.
    if (
      record.size <= this.#limit && !this.#compressor.detect(record.data)
    ) return this.#emit(record);
    throw tooLarge(record.puts[0]!, size, this.#limit);
  }
}

/**
 * The largest size that fits even if compression makes the data larger: by at most 0.2 % (1/512)
 * and 64 bytes for header and trailer. For a limit of 1 048 576 bytes it is 1 046 464.
 */
function safeLimit(limit: number): number {
  return Math.max(1, limit - Math.ceil(limit / 512) - 64);
}
