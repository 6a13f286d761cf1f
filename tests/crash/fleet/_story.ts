/**
 * Logs that a test writes itself: two workers that behave, or do not.
 *
 * @module
 */
import type { Checkpoint } from "../../../records.ts";
import { recordId } from "../../../mod.ts";
import type { FleetLine, LeaseWrite } from "./log.ts";
import type { FleetOutcome, Life, LifeTimes, StoredValue } from "./outcome.ts";
import type { FleetPlan } from "./plan.ts";

/** The values of a shard: of the keys `a` and `b` in turn. */
export const COUNT = 10;
export const SHARD = "shardId-000000000000";
export const CHILD = "shardId-000000000001";

const PLAN: FleetPlan = {
  ...{ seed: 1, workers: 2, shards: 1, records: COUNT },
  ...{ durationMs: 1000, failoverMs: 1000, speed: 10 },
};

/** One process. Its methods write what it does; each takes 1 ms. */
export class Actor {
  readonly lines: FleetLine[] = [];
  readonly #story: Story;
  readonly workerId: string;
  times: Omit<LifeTimes, "workerId"> = { frozen: [] };
  #calls = 0;

  constructor(story: Story, workerId: string) {
    this.#story = story;
    this.workerId = workerId;
  }

  /** Processes the values at some places. `session` is the counter of its take. */
  process(shardId: string, session: number, ...places: number[]): void {
    for (const place of places) {
      const at = this.#story.tick();
      this.lines.push({ type: "value", at, id: idAt(shardId, place), session });
    }
  }

  /** Takes a lease that has this counter. Stored is a checkpoint behind so many values. */
  take(shardId: string, counter: number, covered = 0): void {
    const ask = { owner: this.workerId };
    this.write("take", shardId, counter, checkpointAt(covered), ask);
  }

  /** Stores a checkpoint behind so many values. */
  checkpoint(shardId: string, counter: number, covered: number): void {
    const checkpoint = checkpointAt(covered);
    this.write("checkpoint", shardId, counter, checkpoint, { checkpoint });
  }

  /** Gives the lease back. */
  release(shardId: string, counter: number, covered: number): void {
    this.write("release", shardId, counter, checkpointAt(covered));
  }

  /** A write that is accepted. */
  write(
    write: LeaseWrite,
    shardId: string,
    counter: number,
    stored: Checkpoint,
    more: { owner?: string; checkpoint?: Checkpoint } = {},
  ): void {
    const call = this.ask(write, shardId, counter, more);
    this.lines.push({
      ...{ type: "accepted", at: this.#story.tick(), call },
      ...{ counter: counter + 1, checkpoint: stored },
    });
  }

  /** A write that is refused. */
  refused(
    write: LeaseWrite,
    shardId: string,
    counter: number,
    more: { owner?: string; checkpoint?: Checkpoint } = {},
  ): void {
    const call = this.ask(write, shardId, counter, more);
    this.lines.push({ type: "refused", at: this.#story.tick(), call });
  }

  /** A write without an answer. Returns its number. */
  ask(
    write: LeaseWrite,
    shardId: string,
    counter: number,
    more: { owner?: string; checkpoint?: Checkpoint } = {},
  ): number {
    const call = ++this.#calls;
    const at = this.#story.tick();
    this.lines.push({
      type: "asked",
      at,
      call,
      write,
      shardId,
      counter,
      ...more,
    });
    return call;
  }

  /** SIGTERM, which the process obeys. */
  stop(): void {
    const at = this.#story.tick();
    this.lines.push({ type: "closing", at });
    const exit = { at: at + 1, code: 0, signal: null };
    this.times = { ...this.times, stoppedAt: at, exit };
  }

  /** SIGKILL. */
  kill(): void {
    const at = this.#story.tick();
    const exit = { at, code: 137, signal: "SIGKILL" };
    this.times = { ...this.times, killedAt: at, exit };
  }

  /** SIGSTOP, and SIGCONT after so many milliseconds. */
  freeze(ms: number): void {
    const from = this.#story.tick();
    this.thawed(from, this.#story.tick(ms));
  }

  /** Was frozen from one moment to another. */
  thawed(from: number, to: number): void {
    this.times = { ...this.times, frozen: [...this.times.frozen, [from, to]] };
  }
}

/** A run of two workers. */
export class Story {
  readonly one: Actor = new Actor(this, "one");
  readonly two: Actor = new Actor(this, "two");
  #now = 1000;

  /** Lets time pass. Returns the time after that. */
  tick(ms = 1): number {
    return this.#now += ms;
  }

  /** What the run has left behind, with some parts replaced. */
  outcome(parts: Partial<FleetOutcome> = {}): FleetOutcome {
    const lives = [this.one, this.two].map((
      { workerId, lines, times },
    ): Life => ({
      ...{ workerId, lines, ...times },
    }));
    const now = this.#now;
    return {
      ...{ plan: PLAN, stored: new Map([[SHARD, valuesOf(SHARD)]]), lives },
      ...{ parents: new Map(), outages: [], stalls: [], stills: [] },
      ...{ quietAt: now, balancedAt: now, loads: { one: 0, two: 1 } },
      ...{ heldAtEnd: [], ...parts },
    };
  }
}

/** The values of a shard. */
export function valuesOf(shardId: string): StoredValue[] {
  return Array.from({ length: COUNT }, (_, place) => ({
    id: idAt(shardId, place),
    key: place % 2 === 0 ? "a" : "b",
  }));
}

/** The places from one to the other, inclusive. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** The checkpoint behind so many values. */
export function checkpointAt(covered: number): Checkpoint {
  return covered === 0
    ? { type: "TRIM_HORIZON" }
    : { type: "SEQUENCE", sequenceNumber: `${99 + covered}` };
}

function idAt(shardId: string, place: number): string {
  const sequenceNumber = `${100 + place}`;
  return recordId({ shardId, sequenceNumber, subSequenceNumber: 0 });
}
