/**
 * Reads the values of options.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";

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

/** Reads a number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new InvalidArgumentError("It must be a number above 0.");
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
  const Timestamp = new Date(text);
  if (!Number.isNaN(Timestamp.getTime())) {
    return { Type: "AT_TIMESTAMP", Timestamp };
  }
  throw new InvalidArgumentError(
    "It must be oldest, latest, or a time such as 2026-11-26T08:00:00Z.",
  );
}
