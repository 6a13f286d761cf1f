/**
 * Everything that a run leaves behind. The promises are checked against this alone, so a check can
 * be tested with an outcome that has a fault.
 *
 * @module
 */
import type { FleetLine } from "./log.ts";
import type { FleetPlan } from "./plan.ts";

/** A time from one moment to another, in milliseconds by `machineNow`. */
export type Span = readonly [from: number, to: number];

/** What the parent did to a process. */
export interface LifeTimes {
  readonly workerId: string;
  /** When it was frozen. */
  readonly frozen: readonly Span[];
  /** When it got SIGKILL. */
  readonly killedAt?: number;
  /** When it got SIGTERM. */
  readonly stoppedAt?: number;
  /** How it ended. */
  readonly exit?: {
    readonly at: number;
    readonly code: number;
    readonly signal: string | null;
  };
}

/** One process and its log. */
export interface Life extends LifeTimes {
  readonly lines: readonly FleetLine[];
}

/** A value of the stream. */
export interface StoredValue {
  readonly id: string;
  readonly key: string;
}

/** A time in which the row of a shard that may be read did not change. */
export interface Still {
  readonly shardId: string;
  /** The worker that the row names. */
  readonly owner?: string;
  readonly from: number;
  readonly to: number;
}

/** How many open shards each running worker holds. */
export type Loads = Readonly<Record<string, number>>;

/** The result of a run. */
export interface FleetOutcome {
  readonly plan: FleetPlan;
  /** The values of each shard, in its order. */
  readonly stored: ReadonlyMap<string, readonly StoredValue[]>;
  /** The parents of each shard that was made by a reshard. */
  readonly parents: ReadonlyMap<string, readonly string[]>;
  readonly lives: readonly Life[];
  /** When the store was down. */
  readonly outages: readonly Span[];
  /** When timers of the parent were late. */
  readonly stalls: readonly Span[];
  /** The longest times without a change of a row, longer than half of the failover time. */
  readonly stills: readonly Still[];
  /** When the last event was over and all workers were running. */
  readonly quietAt: number;
  /** When the workers held equally many shards for the first time since then. */
  readonly balancedAt?: number;
  /** The loads one failover time later, or at the end of the patience. */
  readonly loads: Loads;
  /** The leases that name an owner after all workers were stopped. */
  readonly heldAtEnd: readonly string[];
}
