/**
 * Work that is done again and again.
 *
 * @module
 */
import { type Clock, delay } from "./clock.ts";

/**
 * Does the work every `ms` milliseconds, the first time after that interval, until the signal
 * aborts. With `Infinity`, never.
 */
export async function every(
  ms: number,
  work: () => void,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  if (ms === Infinity) return;
  for (;;) {
    try {
      await delay(ms, { clock, signal });
    } catch {
      return;
    }
    work();
  }
}
