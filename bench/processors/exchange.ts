/**
 * What the driver and a client of a run tell each other.
 *
 * @module
 */
import type { Stored } from "../_support/sizes.ts";
import type { Arrived } from "./digest.ts";

/** The argument of a client: one run. */
export interface Task {
  /** The name of the processor. */
  readonly processor: string;
  /** The file of the values: a JSON text a line. */
  readonly file: string;
  /** Where to write to. Without it, the values are only encoded. */
  readonly endpoint?: string;
  readonly streamName: string;
  /** See `maxRecordBytes` of our producer. */
  readonly maxRecordBytes?: number;
}

/** What follows the word `ready`. */
export interface Ready {
  /** The names and versions of the client and its runtime. */
  readonly version: string;
}

/** What follows the word `done`. */
export interface Done extends Arrived {
  /** From the first put to the last value read. Of a dry run: of encoding. */
  readonly seconds: number;
  /** CPU time of the process in that time, in all threads. */
  readonly cpuSeconds: number;
  /** The Kinesis records of a dry run. */
  readonly stored?: Stored;
}
