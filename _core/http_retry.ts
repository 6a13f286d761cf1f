/**
 * Whether and when HTTP allows to send a request again.
 *
 * @module
 */

/** The final 5xx: not implemented, HTTP version not supported. */
const FINAL_5XX = new Set([501, 505]);
/** The transient 4xx: request timeout, too early, too many requests. */
const TRANSIENT_4XX = new Set([408, 425, 429]);

/**
 * Whether the same request may succeed later: with status 408, 425, 429, and every 5xx except 501
 * and 505. Proxies and load balancers use 5xx that no standard names, for example 520 to 529.
 */
export function isTransientStatus(status: number): boolean {
  return TRANSIENT_4XX.has(status) ||
    status >= 500 && status < 600 && !FINAL_5XX.has(status);
}

/**
 * How long an answer asks to wait, in milliseconds. `Retry-After` is a number of seconds or a date.
 * A date is compared with the `Date` of the same answer, so that a wrong local clock does not
 * matter, or with `now` (milliseconds since the epoch) if the answer has no `Date`.
 */
export function retryAfterMs(
  headers: Headers,
  now: number,
): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const until = parseHttpDate(value);
  if (until === undefined) return undefined;
  return Math.max(0, until - (parseHttpDate(headers.get("date")) ?? now));
}

/** The time of an HTTP date, in milliseconds since the epoch. `undefined` for other texts. */
export function parseHttpDate(
  value: string | null | undefined,
): number | undefined {
  // All three forms of HTTP start with the name of the day. The form of asctime has no time zone
  // and means UTC.
  if (!value || !/^[A-Z][a-z]{2,8},? /.test(value)) return undefined;
  const time = Date.parse(/(GMT|UTC)$/.test(value) ? value : `${value} GMT`);
  return Number.isNaN(time) ? undefined : time;
}

/**
 * How long an error, or the answer behind it, asks to wait, in milliseconds; 0 if it does not ask.
 * `mostMs` bounds it, so that one answer cannot stop a program for a day.
 */
export function askedToWaitMs(error: unknown, mostMs = 60_000): number {
  const retryAfterMs = (error as { retryAfterMs?: unknown } | null | undefined)
    ?.retryAfterMs;
  return typeof retryAfterMs === "number" ? Math.min(retryAfterMs, mostMs) : 0;
}
