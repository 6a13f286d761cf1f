/**
 * The wait of a receive for records.
 *
 * @module
 */
import { onAbort } from "../../_core/on_abort.ts";
import type { Account } from "../_state/account.ts";
import type { Queue } from "../_state/queue.ts";

/** What a poll waits for, and how long. */
export interface PollOptions {
  readonly account: Account;
  readonly queue: Queue;
  /** Ends the wait. */
  readonly signal: AbortSignal | undefined;
  /** The end of the wait, in milliseconds since the epoch. */
  readonly until: number;
}

/**
 * Calls `attempt` until it returns something: at once, and whenever records may have become visible.
 * Resolves with `undefined` at the end of the wait. Rejects with what `attempt` throws, and with the
 * reason of the signal. After an abort, `attempt` is not called again, so it takes no records that
 * nobody gets.
 *
 * Attempts run within the timers of the server's clock, not after them. So a record that becomes
 * visible in the middle of a long {@linkcode KinesisServer.advance} is received at that time.
 */
export function poll<T>(
  { account, queue, signal, until }: PollOptions,
  attempt: () => T | undefined,
): Promise<T | undefined> {
  const { clock } = account.options;
  return new Promise((resolve, reject) => {
    let timer: unknown;
    let unlisten = () => {};
    let isDone = false;
    const stop = () => {
      clock.clearTimeout(timer);
      unlisten();
    };
    const finish = (settle: () => void) => {
      if (isDone) return;
      isDone = true;
      stop();
      offAbort();
      settle();
    };
    const run = () => {
      if (isDone) return;
      try {
        // A change that is due can wake this poll again, which then has ended here.
        account.applyDueTransitions();
        const result = isDone ? undefined : attempt();
        if (result !== undefined || account.now >= until) {
          return finish(() => resolve(result));
        }
        if (!isDone) wait();
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const wait = () => {
      stop();
      const due = Math.min(
        until,
        queue.records.nextTimeoutAt,
        account.nextTransitionAt,
      );
      timer = clock.setTimeout(run, Math.max(0, due - account.now));
      unlisten = queue.listen(run);
    };
    let offAbort = () => {};
    offAbort = onAbort(signal, () => finish(() => reject(signal!.reason)));
    run();
  });
}
