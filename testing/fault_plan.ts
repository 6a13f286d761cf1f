/**
 * Which faults happen to which requests.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";

/** Whether a fault comes before the request takes effect, or after it: the caller cannot tell, the service can. */
export type FaultMoment = "before" | "after";

/** What happens to a request. */
export type Fault =
  /** The answer comes `ms` milliseconds later. */
  | { readonly type: "delay"; readonly ms: number; readonly when?: FaultMoment }
  /** No answer ever comes; only the caller's signal ends the wait. */
  | { readonly type: "stall"; readonly when?: FaultMoment }
  /** The connection breaks, as `fetch` reports it: a TypeError. */
  | { readonly type: "reset"; readonly when?: FaultMoment }
  /** The answer breaks off after so many bytes of its body. */
  | { readonly type: "cut"; readonly afterBytes: number }
  /** The service asks for fewer requests, with the name of the error that it has for the action. */
  | { readonly type: "throttle"; readonly retryAfterMs?: number }
  /** The service answers with this error. @default status {500} */
  | {
    readonly type: "error";
    readonly code: string;
    readonly status?: number;
    readonly message?: string;
    readonly when?: FaultMoment;
  }
  /**
   * Some records of a PutRecords fail and are not stored; the rest goes on. The request is written anew without them, so
   * a server that verifies signatures would refuse it.
   */
  | {
    readonly type: "partial";
    /** Which records fail: a probability for each, or a choice. */
    readonly fail:
      | number
      | ((record: FaultRecord, index: number) => boolean);
    /** @default {"ProvisionedThroughputExceededException"} */
    readonly code?: string;
  }
  /** SubscribeToShard goes quiet after so many events, with the connection open. */
  | { readonly type: "silence"; readonly afterEvents: number }
  /** SubscribeToShard ends with an exception after so many events. */
  | {
    readonly type: "exception";
    readonly afterEvents: number;
    readonly code: string;
    readonly message?: string;
  };

/** A record of a PutRecords, as far as it says where it goes. */
export interface FaultRecord {
  /** The partition key. */
  readonly partitionKey: string;
  /** The explicit hash key, if it has one. */
  readonly explicitHashKey?: string;
}

/** A request as a rule sees it. */
export interface FaultRequest {
  /** The action, for example `GetRecords`. */
  readonly action: string;
  /** The members of the request. */
  readonly input: Readonly<Record<string, unknown>>;
  /** The shard that it reads, splits or subscribes to; for GetRecords, the shard of its iterator. */
  readonly shardId?: string;
}

/** A fault and the requests that it happens to. All conditions must hold. */
export interface FaultRule {
  /** What happens. */
  readonly fault: Fault;
  /** What to count it as. @default {the type of the fault} */
  readonly name?: string;
  /** Only these actions. @default {all} */
  readonly action?: string | readonly string[];
  /** Only requests that read this shard. A write names no shard: choose its records with the fault `partial`. @default {all} */
  readonly shardId?: string;
  /** Only requests that this says yes to. @default {all} */
  readonly match?: (request: FaultRequest) => boolean;
  /** How likely it is for each of these requests, 0 to 1. @default {1} */
  readonly probability?: number;
  /** How many of these requests pass first. @default {0} */
  readonly skip?: number;
  /** How often it happens at most. @default {no limit} */
  readonly times?: number;
}

/** What goes wrong. */
export interface FaultPlan {
  /** The rules. All that hold for a request happen to it, the first one outermost. */
  readonly rules: readonly FaultRule[];
  /** Repeats the same chances in the same order of requests. @default {1} */
  readonly seed?: number;
  /** The clock of delays. @default {the clock of the runtime} */
  readonly clock?: Clock;
}
