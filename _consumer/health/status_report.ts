/**
 * Tells the status of all shards once a minute.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import { notify } from "../../_core/notify.ts";
import type { StatusEvent } from "../../hooks.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";

/** The time between two calls of the hook, in milliseconds. */
const REPORT_MS = 60_000;

/** Calls the hook `onStatus` until the signal aborts. */
export async function reportStatus(
  { clock, hooks, stream }: Pick<
    ConsumerSettings,
    "clock" | "hooks" | "stream"
  >,
  status: () => Omit<StatusEvent, "stream">,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await delay(REPORT_MS, { clock, signal }).catch(() => {});
    if (!signal.aborted) notify(hooks, "onStatus", { stream, ...status() });
  }
}
