/**
 * Where `copy` writes.
 *
 * @module
 */
import type { CaptureEntry } from "../testing/mod.ts";

/** How many records have arrived. */
export interface CopyCounts {
  /** Records that are stored. */
  readonly copied: number;
  /** Records that were not stored. */
  readonly refused: number;
  /** Records of which readers drop all values, because their producer has sent them again. */
  readonly leftOut: number;
  /** Records that are taken and nothing of these yet. */
  readonly waiting: number;
}

/** A record that was not stored, although the same record might be stored later. */
export interface LostRecord {
  /** The number of records before it. */
  readonly number: number;
  /** When it arrived at the source, in milliseconds since the epoch. Absent if unknown. */
  readonly arrivedAt?: number;
}

/** A stream or a file that is written. */
export interface CopySink {
  readonly counts: CopyCounts;
  /** The first record that was lost. Absent if there is none. */
  readonly firstLost: LostRecord | undefined;
  /** Why it does not get on. Absent if it does. */
  readonly trouble: string | undefined;
  /** Takes an entry. Resolves when there is room for the next one. */
  write(
    entry: Exclude<CaptureEntry, { type: "end" }>,
  ): Promise<void> | undefined;
  /** Resolves when everything is stored or refused. Call it once, also after a failure. */
  close(): Promise<void>;
}
