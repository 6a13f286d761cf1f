/**
 * Checkpoints and times as text.
 *
 * @module
 */
import type { Checkpoint } from "../checkpoint/mod.ts";

/** A checkpoint for people. `undefined` without one. */
export function checkpointText(
  checkpoint: Checkpoint | undefined,
): string | undefined {
  switch (checkpoint?.type) {
    case undefined:
      return undefined;
    case "TRIM_HORIZON":
      return "oldest";
    case "LATEST":
      return "latest";
    case "AT_TIMESTAMP":
      return checkpoint.timestamp.toISOString();
    case "SHARD_END":
      return "end";
    case "SEQUENCE": {
      const { sequenceNumber, subSequenceNumber } = checkpoint;
      return subSequenceNumber === undefined
        ? sequenceNumber
        : `${sequenceNumber}/${subSequenceNumber}`;
    }
  }
}

const UNITS: readonly [name: string, ms: number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
];

/** A duration for people: `1 d 2 h`, `5 m 3 s`, `1.2 s`, `0 s`. */
export function durationText(ms: number): string {
  if (ms < 10_000) return `${Math.round(ms / 100) / 10} s`;
  const [at] = UNITS.map(([, unit], i) => ms >= unit ? i : -1)
    .filter((i) => i >= 0);
  if (at === undefined) return `${Math.round(ms / 1000)} s`;
  const [name, unit] = UNITS[at]!;
  const [nextName, next] = UNITS[at + 1] ?? ["s", 1000];
  const rest = Math.floor((ms % unit) / next);
  const whole = `${Math.floor(ms / unit)} ${name}`;
  return rest === 0 ? whole : `${whole} ${rest} ${nextName}`;
}
