/**
 * The line that shows how far a run is.
 *
 * @module
 */

const BAR_WIDTH = 20;

/** How far a run is. */
export interface RunProgress {
  /** The run, for example `json, async-kinesis`. */
  readonly name: string;
  /** The number of the run, from 1, and of all runs. */
  readonly run: number;
  readonly runs: number;
  /** The values that were read back, and all values. */
  readonly values: number;
  readonly total: number;
  /** Seconds since the run began. */
  readonly seconds: number;
}

/** A bar, the rate and the remaining time. */
export function progressText(progress: RunProgress): string {
  const { name, run, runs, values, total, seconds } = progress;
  const share = values / total;
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = "#".repeat(filled).padEnd(BAR_WIDTH, "-");
  const rate = values / Math.max(seconds, 0.001);
  const parts = [`run ${run} of ${runs}, ${name} [${bar}]`];
  parts.push(`${Math.floor(share * 100)} %`);
  if (values > 0) {
    parts.push(`${Math.round(rate)} values/s`);
    parts.push(`${Math.ceil((total - values) / rate)} s left`);
  }
  return parts.join(" ");
}
