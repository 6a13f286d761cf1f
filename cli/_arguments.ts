/**
 * Reads the values of options.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";

/** The longest partition key, in Unicode characters. */
const MAX_KEY_CHARACTERS = 256;

/** Reads a whole number within bounds. */
export function wholeNumber(
  least: number,
  most = Infinity,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) {
      return value;
    }
    const range = most === Infinity
      ? `${least} or more`
      : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`It must be a whole number, ${range}.`);
  };
}

/** Reads a partition key. */
export function partitionKey(text: string): string {
  const { length } = [...text];
  if (length >= 1 && length <= MAX_KEY_CHARACTERS) return text;
  throw new InvalidArgumentError(
    `A partition key has 1 to ${MAX_KEY_CHARACTERS} characters: this one has ${length}.`,
  );
}

/** Reads a number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new InvalidArgumentError("It must be a number above 0.");
}

/** Reads a span of time, and returns it in milliseconds. */
export function duration(text: string): number {
  const [, number, unit = "s"] = text.match(/^(\d+(?:\.\d+)?)(ms|[smhd])?$/) ??
    [];
  const ms = Number(number) * (unit === "ms" ? 1 : UNITS_MS[unit]!);
  if (ms > 0) return ms;
  throw new InvalidArgumentError(
    "It must be a time above 0, such as 500ms, 10s or 2m.",
  );
}

/** Where records start: the oldest, the latest, or a time. */
export function startingPosition(
  text: string,
): { Type: "TRIM_HORIZON" | "LATEST" | "AT_TIMESTAMP"; Timestamp?: Date } {
  const name = text.toUpperCase().replace("-", "_");
  if (name === "TRIM_HORIZON" || name === "OLDEST") {
    return { Type: "TRIM_HORIZON" };
  }
  if (name === "LATEST") return { Type: "LATEST" };
  const Timestamp = timeOf(text);
  if (Timestamp) return { Type: "AT_TIMESTAMP", Timestamp };
  throw new InvalidArgumentError(
    "It must be oldest, latest, a time such as 2026-11-26T08:00:00Z, or an age such as 15m.",
  );
}

/** Where records end: at the latest one, or at a time. */
export function untilPosition(text: string): "caught-up" | Date {
  if (text.toLowerCase() === "caught-up") return "caught-up";
  const time = timeOf(text);
  if (time) return time;
  throw new InvalidArgumentError(
    "It must be caught-up, a time such as 2026-11-26T08:00:00Z, or an age such as 5m.",
  );
}

/** Where records end, or `never`. */
export function untilOrNever(text: string): "caught-up" | "never" | Date {
  if (text.toLowerCase() === "never") return "never";
  try {
    return untilPosition(text);
  } catch {
    throw new InvalidArgumentError(
      "It must be caught-up, never, a time such as 2026-11-26T08:00:00Z, or an age such as 5m.",
    );
  }
}

/** Reads a regular expression. */
export function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A time, or the time before an age in seconds, minutes, hours or days. */
function timeOf(text: string): Date | undefined {
  const age = text.match(/^(\d+)([smhd])$/);
  // Other texts, such as "5", are years and months for some runtimes.
  if (!age && !/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const time = age
    ? new Date(Date.now() - Number(age[1]) * UNITS_MS[age[2]!]!)
    : new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
