/**
 * Spans of time, rates and lists as text.
 *
 * @module
 */
import { counted } from "../_values.ts";

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1_000, "second"],
];

/** A span of time in the largest unit that it has at least two of: `90 seconds`, `3 hours`. */
export function spanOf(ms: number): string {
  const [unit, name] = UNITS.find(([unit]) => ms >= 2 * unit) ?? UNITS.at(-1)!;
  return counted(Math.round(ms / unit), name);
}

/** A share as a percentage. */
export function percentOf(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A rate of bytes in KiB or MiB a second. */
export function byteRateOf(bytesPerSecond: number): string {
  const kib = bytesPerSecond / 1024;
  return kib < 1024
    ? `${Math.round(kib)} KiB/s`
    : `${(kib / 1024).toFixed(1)} MiB/s`;
}

/** Names with commas, and `and` before the last one. */
export function listOf(names: readonly string[]): string {
  return names.length < 2
    ? names.join()
    : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
