/**
 * Tells the status of all shards once a minute.
 *
 * @module
 */
import { every } from "../../_core/every.ts";
import { hears, notify } from "../../_core/notify.ts";
import type { StatusEvent } from "../../hooks.ts";
import type { ConsumerSettings } from "../options/resolved_options.ts";

/** The time between two calls of the hook, in milliseconds. */
const REPORT_MS = 60_000;

/** Calls the hook `onStatus` until the signal aborts. */
export function reportStatus(
  { clock, hooks, stream, instance }: Pick<
    ConsumerSettings,
    "clock" | "hooks" | "instance" | "stream"
  >,
  status: () => Omit<StatusEvent, "instance" | "stream">,
  signal: AbortSignal,
): Promise<void> {
  const report = () => {
    if (hears(hooks, "onStatus")) {
      notify(hooks, "onStatus", { stream, instance, ...status() });
    }
  };
  return every(REPORT_MS, report, { clock, signal });
}
