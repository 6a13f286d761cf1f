/**
 * Errors of databases that no retry can change: a missing table, a missing permission, a wrong
 * password.
 *
 * @module
 */
import { KinesisError } from "../errors.ts";

/**
 * Codes of PostgreSQL: no such table, column, schema or database; no key to be in conflict with; no
 * permission; a wrong user or password.
 */
const POSTGRES: ReadonlySet<unknown> = new Set([
  ...["42P01", "42703", "3F000", "3D000"],
  ...["42P10", "42501", "28000", "28P01"],
]);
const MESSAGES = [
  // SQLite
  /^no such (table|column)\b/,
  /^table \S+ has no column\b/,
  /^ON CONFLICT clause does not match\b/,
  /^attempt to write a readonly database\b/,
  /^file is not a database\b/,
  // Redis
  /^(NOAUTH|NOPERM|WRONGPASS|WRONGTYPE)\b/,
];

/** Runs a call. What no retry can change becomes a {@linkcode KinesisError} that says so. */
export async function orRefusal<R>(
  what: string,
  call: () => Promise<R>,
): Promise<R> {
  try {
    return await call();
  } catch (cause) {
    if (!isRefusal(cause)) throw cause;
    throw new KinesisError(`Cannot use ${what}: ${cause.message}`, {
      code: "CheckpointStoreRefused",
      cause,
    });
  }
}

function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof KinesisError) return false;
  return POSTGRES.has((error as { code?: unknown }).code) ||
    MESSAGES.some((pattern) => pattern.test(error.message));
}
