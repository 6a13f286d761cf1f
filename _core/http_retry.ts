/**
 * What HTTP itself says about sending a request again.
 *
 * @module
 */

/** A 5xx that says that the server will never do this. */
const NOT_DONE_HERE = new Set([501, 505]);
/** A 4xx that is about the moment and not about the request: request timeout, too early, too many requests. */
const ABOUT_THE_MOMENT = new Set([408, 425, 429]);

/**
 * Whether the same request may succeed later: 408, 425, 429, and every 5xx but 501 and 505. Proxies and load balancers
 * have more of those than the standards name, for example 520 to 529.
 */
export function isTransientStatus(status: number): boolean {
  return ABOUT_THE_MOMENT.has(status) ||
    status >= 500 && status < 600 && !NOT_DONE_HERE.has(status);
}

/**
 * How long an answer asks to wait, in milliseconds: `Retry-After` in seconds, or as a date in one of the three forms of
 * HTTP. A date is compared with the `Date` of the same answer, and with `now` (milliseconds since the epoch) where it has
 * none, so that a wrong clock of this machine does not matter.
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

/** A date of HTTP in milliseconds since the epoch; `undefined` for anything else. */
export function parseHttpDate(
  value: string | null | undefined,
): number | undefined {
  // All three forms begin with the name of the day. The one of `asctime` names no zone, and means UTC like the others.
  if (!value || !/^[A-Z][a-z]{2,8},? /.test(value)) return undefined;
  const time = Date.parse(/(GMT|UTC)$/.test(value) ? value : `${value} GMT`);
  return Number.isNaN(time) ? undefined : time;
}

/**
 * How long an error, or the answer behind it, asks to wait, in milliseconds; 0 if it does not ask. `mostMs` bounds it,
 * so that one answer cannot stop a program for a day.
 */
export function askedToWaitMs(error: unknown, mostMs = 60_000): number {
  const retryAfterMs = (error as { retryAfterMs?: unknown } | null | undefined)
    ?.retryAfterMs;
  return typeof retryAfterMs === "number" ? Math.min(retryAfterMs, mostMs) : 0;
}
