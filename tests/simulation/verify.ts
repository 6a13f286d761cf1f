/**
 * Finds the rules that a run has broken.
 *
 * @module
 */
import { checkEnd } from "./end_rules.ts";
import type { Plan } from "./plan.ts";
import type { Problem } from "./problem.ts";
import { checkQueue } from "./queue_verify.ts";
import { ReadingRules } from "./reading_rules.ts";
import type { Outcome } from "./run.ts";
import { TimeRules } from "./time_rules.ts";
import { WritingRules } from "./writing_rules.ts";

/** Finds the rules that were broken, in the order of time. */
export function verify(plan: Plan, outcome: Outcome): Problem[] {
  const problems: Problem[] = [];
  const add = (rule: string, what: string, at = outcome.virtualMs) =>
    void problems.push({ rule, what, at });
  for (const entry of outcome.journal.entries) {
    if (entry.type === "problem") {
      add(
        entry.what.replaceAll(/[\w.-]*\d[\w.-]*/g, "#"),
        entry.what,
        entry.at,
      );
    } else if (entry.type === "stale-write") {
      add(
        "a write with an old counter was accepted",
        `the store accepted a write of ${entry.life} for ${entry.shardId} with an old counter`,
        entry.at,
      );
    }
  }
  new WritingRules(plan, outcome, add).check();
  if (plan.profile === "queue") checkQueue(plan, outcome, add);
  else {
    const reading = new ReadingRules(plan, outcome, add);
    reading.check();
    new TimeRules(plan, outcome, add, reading).check();
    checkEnd(plan, outcome, add, reading);
  }
  return problems.sort((a, b) => a.at - b.at);
}
