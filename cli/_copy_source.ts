/**
 * Where `copy` reads.
 *
 * @module
 */
import type { CaptureEntry } from "../testing/mod.ts";
import type { LostRecord } from "./_copy_sink.ts";

/** Where records start and end. */
export interface CopySpan {
  readonly from: "TRIM_HORIZON" | "LATEST" | Date;
  /** Absent for no end. */
  readonly until?: "caught-up" | Date;
}

/** A stream or a capture that is read. */
export interface CopySource {
  /**
   * The stream, the shards and the records, as a capture has them, without its end. Ends early when
   * the signal of the source aborts.
   */
  entries(): AsyncGenerator<Exclude<CaptureEntry, { type: "end" }>, void>;
  /** The part that is read, from 0 to 1. `undefined` if it is not known. */
  share(): number | undefined;
  /**
   * The option with which a second copy begins where this one has ended early: after `taken`
   * records, and at the first record that was lost.
   */
  goOn(
    taken: number,
    lost: LostRecord | undefined,
  ): readonly [option: string, value: string];
  close(): Promise<void>;
}
