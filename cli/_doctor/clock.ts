/**
 * Is the clock of this machine right?
 *
 * @module
 */
import type { Check, Finding } from "./check.ts";
import { spanOf } from "./texts.ts";

const WARNING_MS = 60_000;
/** Signatures are valid for 5 minutes. */
const ERROR_MS = 5 * 60_000;

/** The check. */
export const clockCheck: Check = {
  id: "clock",
  needs: ["endpoint"],
  run: ({ found }) => judgeClock(found.skewMs),
};

/** Judges the time of the server minus the time of this machine, in milliseconds. */
function judgeClock(skewMs: number | undefined): Finding {
  if (skewMs === undefined) {
    return { status: "skipped", message: "The server does not tell its time" };
  }
  const size = Math.abs(skewMs);
  const data = { skewMilliseconds: skewMs };
  if (size === 0) {
    return { status: "ok", message: "No difference to the server", data };
  }
  const message = `${size < 1000 ? `${size} ms` : spanOf(size)} ${
    skewMs > 0 ? "behind" : "ahead of"
  } the server`;
  if (size <= WARNING_MS) return { status: "ok", message, data };
  const remedy =
    "Set the clock of this machine, or let NTP set it. This library corrects the difference after the first refusal; other programs may be refused";
  return size <= ERROR_MS
    ? { status: "warning", message, remedy, data }
    : { status: "error", message, remedy, data };
}
