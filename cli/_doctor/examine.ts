/**
 * Runs checks one after another. None of them hides the others.
 *
 * @module
 */
import { systemClock } from "../../_core/clock.ts";
import { startDeadline } from "../../_core/deadline.ts";
import { raceAbort } from "../../_core/race_abort.ts";
import type { Check, Exam, Finding } from "./check.ts";
import { CheckTimeout, findingOfError } from "./errors.ts";

/** A finding with the check that it is of. */
export interface Result extends Finding {
  readonly id: string;
  /** The check that failed, because of which this one was not made. */
  readonly cause?: string;
}

/** What runs the checks. */
export interface ExamineOptions {
  /** The longest time of a check, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the run: the iteration rejects with the reason of the signal. */
  readonly signal: AbortSignal;
  /** Called before each check. */
  readonly onCheck: (id: string) => void;
}

/** Yields the result of each check. Skips those whose conditions have failed. */
export async function* examine(
  checks: readonly Check[],
  exam: Exam,
  { timeoutMs, signal, onCheck }: ExamineOptions,
): AsyncGenerator<Result> {
  /** The checks that failed, or were not made because of one that failed: by the cause. */
  const causes = new Map<string, string>();
  for (const check of checks) {
    const { id, needs = [], extraMs = 0 } = check;
    const cause = needs.map((need) => causes.get(need)).find((it) => it);
    if (cause !== undefined) {
      causes.set(id, cause);
      yield {
        id,
        status: "skipped",
        message: `Not checked because of ${cause}`,
        cause,
      };
      continue;
    }
    onCheck(id);
    const finding = await perform(check, exam, timeoutMs + extraMs, signal);
    if (finding.status === "error") causes.set(id, id);
    yield { id, ...finding };
  }
}

async function perform(
  { run }: Check,
  exam: Exam,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Finding> {
  signal.throwIfAborted();
  const deadline = startDeadline(
    timeoutMs,
    () => new CheckTimeout(timeoutMs),
    { clock: systemClock, signal },
  );
  try {
    // Also for a check that does not look at its signal.
    return await raceAbort(
      Promise.resolve().then(() => run(exam, deadline.signal)),
      deadline.signal,
    );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return findingOfError(error, exam);
  } finally {
    deadline.clear();
  }
}
