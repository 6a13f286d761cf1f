/**
 * The progress of `put`, for people.
 *
 * @module
 */
import { counted } from "./_values.ts";

/** What is known about a put that is under way. */
export interface PutCounts {
  /** Values that Kinesis has acknowledged. */
  readonly stored: number;
  /** Values that are read and neither stored nor bad. */
  readonly waiting: number;
  readonly bad: number;
  /** The bytes that were read, and all bytes if their number is known. */
  readonly bytes: number;
  readonly size: number | undefined;
  readonly isStopping: boolean;
}

/** The line that shows the progress after a time. */
export function putProgress(counts: PutCounts, seconds: number): string {
  const { stored, waiting, bad, bytes, size, isStopping } = counts;
  const parts = [`${stored} stored`];
  if (bad > 0) parts.push(`${bad} bad`);
  if (isStopping) parts.push(`stopping, ${counted(waiting, "line")} to go`);
  else {
    parts.push(`${Math.round(stored / Math.max(seconds, 0.001))} a second`);
    // What is read is not stored yet, so the share counts stored lines of those that were read.
    const read = stored + waiting + bad;
    const share = size && read > 0
      ? (bytes / size) * ((stored + bad) / read)
      : 0;
    if (share > 0) {
      const left = Math.round(seconds * (1 - share) / share);
      parts.push(`${Math.floor(share * 100)} %, ${left} s left`);
    }
  }
  return parts.join(", ");
}
