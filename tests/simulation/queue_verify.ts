/**
 * The rules for the workers of a queue.
 *
 * @module
 */
import type { Entry } from "./journal.ts";
import type { Plan } from "./plan.ts";
import type { Outcome } from "./run.ts";
import { checkErrors } from "./end_rules.ts";
import type { Add } from "./problem.ts";

/** Checks that each value is processed, and that no two workers have the same value. */
export function checkQueue(plan: Plan, outcome: Outcome, add: Add): void {
  checkErrors(plan, outcome, add);
  const { entries } = outcome.journal;
  const isGone = new Set<string>();
  for (const entry of entries) {
    if (entry.type === "killed" || entry.type === "frozen") {
      isGone.add(entry.life);
    }
  }
  checkOnlyOne(entries, isGone, add);
  const processed = new Map<string, number>();
  for (const entry of entries) {
    if (entry.type !== "processed") continue;
    const key = `${entry.recordId} ${entry.id}`;
    processed.set(key, (processed.get(key) ?? 0) + 1);
  }
  const isCalm = plan.rules.length === 0 &&
    plan.workers.every(({ failRate }) => failRate === 0);
  for (const { type, at, ...entry } of entries) {
    if (!isCalm || type !== "left") continue;
    if ("life" in entry && isGone.has(entry.life)) continue;
    add("a record was lost without a fault", JSON.stringify(entry), at);
  }
  const isGentle = isCalm && isGone.size === 0;
  if (!isGentle) return;
  // When a queue is closed, a record of which the application has only some values is given back.
  if (plan.processor !== "json") return;
  for (const [key, count] of processed) {
    if (count === 1) continue;
    add(
      "a value was processed twice without a fault",
      `${key}: ${count} times`,
    );
  }
}

/** A value that one worker works on is given to no other one. */
function checkOnlyOne(
  entries: readonly Entry[],
  isGone: ReadonlySet<string>,
  add: Add,
): void {
  const working = new Map<string, string>();
  for (const entry of entries) {
    if (
      entry.type !== "received" && entry.type !== "processed" &&
      entry.type !== "left"
    ) continue;
    const { recordId, id, life, at } = entry;
    const key = `${recordId} ${id}`;
    const other = working.get(key);
    if (entry.type !== "received") {
      if (other === life) working.delete(key);
      continue;
    }
    if (other !== undefined && other !== life && !isGone.has(other)) {
      add(
        "two workers have the same value",
        `${life} got ${id} while ${other} worked on it`,
        at,
      );
    }
    working.set(key, life);
  }
}
