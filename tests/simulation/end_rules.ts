/**
 * The rules about what a run has left.
 *
 * @module
 */
import { KinesisError, ProcessingError } from "../../errors.ts";
import type { Plan } from "./plan.ts";
import type { Add } from "./problem.ts";
import type { ReadingRules } from "./reading_rules.ts";
import type { Outcome } from "./run.ts";
import { placeOf } from "./shard_book.ts";

/** Checks repetitions, effects and errors. */
export function checkEnd(
  plan: Plan,
  outcome: Outcome,
  add: Add,
  facts: ReadingRules,
): void {
  if (plan.profile === "calm" || plan.profile === "clocks") {
    checkOnce(plan, add, facts);
  }
  checkErrors(plan, outcome, add);
  checkEffects(outcome, add, facts);
}

/** Without faults, no value is processed twice. */
function checkOnce(plan: Plan, add: Add, facts: ReadingRules): void {
  const fails = plan.workers.some(({ failRate }) => failRate > 0);
  if (fails) return;
  for (const [place, lives] of facts.doneBy) {
    if (lives.length === 1) continue;
    // A reader that has acknowledged nothing yet is not waited for when its consumer closes.
    if (facts.shapes.get(lives[0]!) === "reader") continue;
    add(
      "a value was processed twice without a fault",
      `${place} was processed by ${lives.join(" and ")}`,
    );
  }
}

/** Effects that are stored with their position are there exactly once. */
function checkEffects(
  outcome: Outcome,
  add: Add,
  facts: ReadingRules,
): void {
  const counts = new Map<string, number>();
  for (const id of outcome.effects) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const copies = new Map<string, number>();
  for (const { values } of outcome.stored) {
    for (const { item: { id } } of values) {
      copies.set(id, (copies.get(id) ?? 0) + 1);
    }
  }
  for (const [id, count] of counts) {
    if (count <= copies.get(id)!) continue;
    add("an effect is there twice", `${id} has ${count} effects`);
  }
  const done = new Map<string, Set<string>>();
  for (const entry of outcome.journal.entries) {
    if (
      entry.type === "done" && facts.shapes.get(entry.life) === "commit"
    ) {
      const places = done.get(entry.id) ?? new Set();
      done.set(entry.id, places.add(placeOf(entry.place)));
    }
  }
  for (const id of done.keys()) {
    if (counts.has(id)) continue;
    add("an effect is missing", `${id} is processed without effect`);
  }
}

/** No program fails but for the faults of the plan. */
export function checkErrors(plan: Plan, outcome: Outcome, add: Add): void {
  const isRough = plan.profile === "storm" || plan.profile === "queue";
  for (const error of outcome.errors) {
    if (isRough && isPassing(error)) continue;
    add("a consumer has failed", `a consumer has failed: ${error}`);
  }
}

/** Whether an error is one that ends by itself. */
function isPassing(error: unknown): boolean {
  if (error instanceof ProcessingError) return isPassing(error.cause);
  return error instanceof KinesisError &&
      (error.retryable || error.code === "CheckpointFailed") ||
    error instanceof Error && error.message.includes("(planned)");
}
