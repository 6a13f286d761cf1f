/**
 * Fault plans: which faults happen to which requests.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";

/**
 * Whether a fault happens before or after the request takes effect. The caller sees the same error
 * in both cases; with `"after"`, the records of a PutRecords are stored.
 */
export type FaultMoment = "before" | "after";

/** What happens to a request. `when` is `"before"` by default. */
export type Fault =
  /** The answer is delayed by `ms` milliseconds. */
  | { readonly type: "delay"; readonly ms: number; readonly when?: FaultMoment }
  /** The request is never answered. Only the caller's signal ends the wait. */
  | { readonly type: "stall"; readonly when?: FaultMoment }
  /** The connection breaks. `fetch` rejects with a TypeError. */
  | { readonly type: "reset"; readonly when?: FaultMoment }
  /** The connection breaks after `afterBytes` bytes of the answer's body. */
  | { readonly type: "cut"; readonly afterBytes: number }
  /**
   * The request is throttled, with HTTP status 400: ProvisionedThroughputExceededException for
   * PutRecord, PutRecords, GetRecords and GetShardIterator, ThrottlingException for the actions on
   * queue records, LimitExceededException for other actions. `retryAfterMs` adds a `Retry-After` header, in whole seconds, rounded up.
   */
  | { readonly type: "throttle"; readonly retryAfterMs?: number }
  /** The service answers with the exception `code`. `status` is 500 by default. */
  | {
    readonly type: "error";
    readonly code: string;
    readonly status?: number;
    readonly message?: string;
    readonly when?: FaultMoment;
  }
  /**
   * Some records of a PutRecords fail and are not stored; the others are sent on. The same for the
   * entries of the actions that acknowledge, restore, or change the visibility of queue records. The
   * request is encoded again without the failed records but not signed again, so a server that
   * verifies signatures refuses it.
   */
  | {
    readonly type: "partial";
    /**
     * Which records fail: a probability from 0 to 1 for each record, or a function that chooses.
     */
    readonly fail:
      | number
      | ((record: FaultRecord, index: number) => boolean);
    /**
     * The ErrorCode of the failed records.
     * @default {"ProvisionedThroughputExceededException" for PutRecords, "ThrottlingException" for entries}
     */
    readonly code?: string;
  }
  /**
   * ReceiveQueueRecords or ReceiveDeadLetterQueueRecords returns up to `records` records although
   * they are in flight or acknowledged. They count against the Limit of the request, get a new
   * receipt handle, and are in flight afterwards, so that they have to be acknowledged again. Only a
   * {@linkcode KinesisServer} does that, and it remembers the last 1 000 acknowledged records of a
   * queue; other services ignore the fault.
   */
  | {
    readonly type: "duplicate";
    /**
     * The most duplicates in one answer: 1 to 10.
     * @default {1}
     */
    readonly records?: number;
  }
  /** A subscription sends nothing after `afterEvents` events, and its connection stays open. */
  | { readonly type: "silence"; readonly afterEvents: number }
  /** A subscription ends with the exception `code` after `afterEvents` events. */
  | {
    readonly type: "exception";
    readonly afterEvents: number;
    readonly code: string;
    readonly message?: string;
  };

/** One record of a PutRecords, or one entry of an action on queue records. */
export interface FaultRecord {
  /** The partition key. Empty if the record has none, and for entries. */
  readonly partitionKey: string;
  /** The explicit hash key in decimal. Absent if the record has none. */
  readonly explicitHashKey?: string;
  /** The receipt handle of an entry. Absent for records. */
  readonly receiptHandle?: string;
}

/** The request that {@linkcode FaultRule.match} is asked about. */
export interface FaultRequest {
  /** The action, for example `GetRecords`. */
  readonly action: string;
  /** The members of the request. */
  readonly input: Readonly<Record<string, unknown>>;
  /**
   * The shard that the request reads, splits, merges or subscribes to. For GetRecords it is the
   * shard of the iterator, if `withFaults` has seen the answer that issued the iterator.
   */
  readonly shardId?: string;
}

/** A fault and the requests that it happens to. A request must meet all conditions. */
export interface FaultRule {
  /** What happens. */
  readonly fault: Fault;
  /**
   * The name in {@linkcode FaultyFetch.counts}.
   * @default {the type of the fault}
   */
  readonly name?: string;
  /**
   * The actions that the rule is for.
   * @default {all}
   */
  readonly action?: string | readonly string[];
  /**
   * The shard that the rule is for. Writes name no shard, so they never match: use the fault
   * `partial` to choose records by key.
   * @default {all}
   */
  readonly shardId?: string;
  /**
   * Chooses requests by their content: the rule applies to those for which it returns true.
   * @default {all}
   */
  readonly match?: (request: FaultRequest) => boolean;
  /**
   * Probability of the fault for each matching request, from 0 to 1.
   * @default {1}
   */
  readonly probability?: number;
  /**
   * How many matching requests pass before the first fault.
   * @default {0}
   */
  readonly skip?: number;
  /**
   * How often the fault happens at most.
   * @default {no limit}
   */
  readonly times?: number;
}

/** The faults that {@linkcode withFaults} injects. */
export interface FaultPlan {
  /**
   * The rules. If several match a request, all of their faults apply, and the first rule is the
   * outermost: a `reset` in the first rule means that no later rule sees the request.
   */
  readonly rules: readonly FaultRule[];
  /**
   * Seed of the random numbers. The same seed and the same requests give the same faults.
   * @default {1}
   */
  readonly seed?: number;
  /**
   * The clock that delays are measured with.
   * @default {the clock of the runtime}
   */
  readonly clock?: Clock;
}
