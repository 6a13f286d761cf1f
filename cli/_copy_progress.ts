/**
 * The progress of `copy`, for people.
 *
 * @module
 */
import type { CopyCounts } from "./_copy_sink.ts";
import { counted } from "./_values.ts";

/** What is known about a copy that is under way. */
export interface CopyState {
  readonly counts: CopyCounts;
  /** The part that is read, from 0 to 1. */
  readonly share: number | undefined;
  readonly trouble: string | undefined;
  readonly isStopping: boolean;
}

/** The longest description of a trouble, so that the progress stays on one line. */
const LONGEST_TROUBLE = 60;

/** The line that shows the progress after a time. */
export function copyProgress(
  { counts, share, trouble, isStopping }: CopyState,
  seconds: number,
): string {
  const { copied, refused, waiting } = counts;
  const parts = [`${copied} copied`];
  if (refused > 0) parts.push(`${refused} refused`);
  if (isStopping) parts.push(`stopping, ${counted(waiting, "record")} to go`);
  else {
    parts.push(`${Math.round(copied / Math.max(seconds, 0.001))} a second`);
    const { leftOut } = counts;
    const done = copied + refused + leftOut;
    // What is read is not stored yet.
    const part = share && done > 0 ? share * done / (done + waiting) : 0;
    if (part > 0) {
      const left = Math.round(seconds * (1 - part) / part);
      parts.push(`${Math.floor(part * 100)} %, ${left} s left`);
    }
  }
  if (trouble !== undefined) {
    parts.push(`no progress: ${trouble.slice(0, LONGEST_TROUBLE)}`);
  }
  return parts.join(", ");
}
