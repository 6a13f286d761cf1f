/**
 * The rules about times, which hold if nothing else disturbs.
 *
 * @module
 */
import type { Entry } from "./journal.ts";
import { type Plan, STUCK_SHARD } from "./plan.ts";
import type { Add } from "./problem.ts";
import type { ReadingRules } from "./reading_rules.ts";
import type { Outcome } from "./run.ts";
import { placeOf } from "./shard_book.ts";

/** What is added to a bound, in milliseconds: the ways of requests, and the pauses of loops. */
const SLACK_MS = 2500;
/** A child is opened so long after its parents are finished, in milliseconds, without faults. */
const CHILD_MS = 10_000;
/** A value is processed so long after it was written, in milliseconds, if nothing disturbs. */
const LAG_MS = 15_000;
/** The default of the option `handoffTimeoutMs`. */
const HANDOFF_MS = 30_000;
/** The virtual clock starts at this time, in milliseconds since the epoch. */
const START = 1_700_000_000_000;

/** Checks the times that the profile of a plan allows. */
export class TimeRules {
  readonly #plan: Plan;
  readonly #outcome: Outcome;
  readonly #add: Add;
  readonly #facts: ReadingRules;

  /** `facts` have followed the journal. */
  constructor(plan: Plan, outcome: Outcome, add: Add, facts: ReadingRules) {
    this.#plan = plan;
    this.#outcome = outcome;
    this.#add = add;
    this.#facts = facts;
  }

  /** Finds what came late. */
  check(): void {
    const { profile } = this.#plan;
    if (profile === "calm" || profile === "clocks") this.#checkLag();
    if (profile === "stuck") this.#checkStuck();
    if (profile !== "storm" && profile !== "producer") this.#checkChildren();
    if (profile === "kills") this.#checkTakeovers();
  }

  /** Without faults, each value is processed soon. */
  #checkLag(): void {
    if (this.#isSlow()) return;
    const stopsAt = this.#stopsAt;
    for (const entry of this.#outcome.journal.entries) {
      if (entry.type !== "done" || entry.at > stopsAt) continue;
      this.#checkLagOf(entry, LAG_MS);
    }
  }

  /** When a worker is stopped for the first time. Before that, all shards are read all the time. */
  get #stopsAt(): number {
    const { incidents, finish, durationMs } = this.#plan;
    return incidents.find(({ type }) => type === "stop")?.at ??
      (finish === "caught-up" ? durationMs : Infinity);
  }

  #checkLagOf(entry: Entry & { type: "done" }, most: number): void {
    const book = this.#facts.books.get(entry.place.shardId)!;
    const index = book.indexes.get(placeOf(entry.place));
    if (index === undefined) return;
    const arrived = book.stored.values[index]!.arrivedAt - START;
    const lag = entry.at - arrived;
    if (lag <= most) return;
    this.#add(
      "a value came late without a fault",
      `${entry.life} processed ${entry.id} of ${entry.place.shardId} ${
        Math.round(lag)
      } ms after it was written`,
      entry.at,
    );
  }

  #isSlow(): boolean {
    const { workers, producer } = this.#plan;
    return workers.some(({ handlerMs }) => handlerMs > 50) ||
      producer.values > 200;
  }

  /** A handler that hangs delays its own shard only. */
  #checkStuck(): void {
    if (this.#isSlow()) return;
    const { entries } = this.#outcome.journal;
    const healed = entries.find(({ type }) => type === "healed")?.at ?? 0;
    const affected = new Set<string>();
    for (const { shardId, values, parentShardIds } of this.#outcome.stored) {
      const isStuck = this.#plan.stuck === "reads"
        ? shardId === STUCK_SHARD
        : values.some(({ item }) => item.key === "p1-1");
      const isAffected = isStuck ||
        parentShardIds.some((id) => affected.has(id));
      if (isAffected) affected.add(shardId);
    }
    const doneAt = this.#doneAt;
    for (const { shardId, values } of this.#outcome.stored) {
      if (affected.has(shardId)) continue;
      for (const { place, arrivedAt, item } of values) {
        const by = arrivedAt - START + HANDOFF_MS + LAG_MS;
        if (by > healed) continue;
        const done = doneAt.get(place);
        if (done !== undefined && done <= by) continue;
        this.#add(
          "a shard waits for another one that is stuck",
          `${item.id} of ${shardId} waits although another shard is stuck`,
          by,
        );
      }
    }
  }

  get #doneAt(): Map<string, number> {
    const doneAt = new Map<string, number>();
    for (const entry of this.#outcome.journal.entries) {
      if (entry.type !== "done") continue;
      const place = placeOf(entry.place);
      if (!doneAt.has(place)) doneAt.set(place, entry.at);
    }
    return doneAt;
  }

  /** The children of a reshard are opened soon after their parents are finished. */
  #checkChildren(): void {
    const { failoverTimeMs, profile } = this.#plan;
    for (const book of this.#facts.books.values()) {
      const { parentShardIds, shardId } = book.stored;
      if (parentShardIds.length === 0) continue;
      const ends = parentShardIds.map((id) =>
        this.#facts.books.get(id)!.finishedAt
      );
      const last = Math.max(...ends.map((end) => end ?? Infinity));
      const bound = profile === "kills"
        ? CHILD_MS + 2 * failoverTimeMs
        : CHILD_MS;
      const openedAt = book.openedAt ?? this.#outcome.virtualMs;
      // A worker that stops hands its shards over, which takes time.
      if (last + bound > this.#stopsAt || openedAt <= last + bound) continue;
      this.#add(
        "a child was opened late",
        `${shardId} was opened at ${book.openedAt}, its parents were finished at ${last}`,
        last + bound,
      );
    }
  }

  /** The leases of a worker that was killed are taken within 2 × failoverTimeMs. */
  #checkTakeovers(): void {
    const { entries } = this.#outcome.journal;
    const { failoverTimeMs } = this.#plan;
    for (const [life, killedAt] of this.#facts.killed) {
      const held = new Map<string, boolean>();
      const worker = this.#facts.workers.get(life);
      for (const entry of entries) {
        if (entry.at > killedAt) break;
        if (entry.type === "taken") {
          held.set(entry.shardId, entry.owner === worker);
        } else if (entry.type === "released") held.delete(entry.shardId);
        else if (
          entry.type === "checkpoint" && entry.isAccepted &&
          entry.checkpoint.type === "SHARD_END"
        ) held.delete(entry.shardId);
      }
      const most = 2 * failoverTimeMs + SLACK_MS;
      for (const [shardId, isHeld] of held) {
        if (!isHeld) continue;
        const taken = entries.find((entry) =>
          entry.type === "taken" && entry.shardId === shardId &&
          entry.at > killedAt
        );
        const end = taken?.at ?? this.#outcome.virtualMs;
        if (end - killedAt <= most) continue;
        if (!this.#othersRun(life, killedAt, killedAt + most)) continue;
        this.#add(
          "the lease of a dead worker was taken late",
          `${shardId} of ${life} was taken ${
            Math.round(end - killedAt)
          } ms after the worker was killed`,
          killedAt + most,
        );
      }
    }
  }

  /** Whether another worker runs in this whole time. */
  #othersRun(life: string, from: number, to: number): boolean {
    const started = new Set<string>();
    for (const entry of this.#outcome.journal.entries) {
      if (entry.type === "started" && entry.at < from) started.add(entry.life);
      if (entry.type === "killed" || entry.type === "ended") {
        if (entry.at < to) started.delete(entry.life);
      }
    }
    started.delete(life);
    return started.size > 0;
  }
}
