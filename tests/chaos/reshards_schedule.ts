/**
 * The schedules of a stream that is resharded all the time, and their faults.
 *
 * @module
 */
import type { Fault, FaultRule } from "../../testing/mod.ts";
import { READS } from "./consumer_schedule.ts";

/** What happens. */
export interface ReshardSchedule {
  readonly seed: number;
  readonly reshards: number;
  readonly values: number;
  readonly workers: number;
  /** Whether the server knows ListShards. Otherwise, consumers call DescribeStream. */
  readonly hasListShards: boolean;
  /** Probability that a call of the checkpointer fails. */
  readonly storeFailures: number;
}

/** Each fault, by its name. */
const FAULTS: Readonly<Record<string, Fault>> = {
  throttle: { type: "throttle" },
  "500 before": { type: "error", code: "InternalFailure", when: "before" },
  "500 after": { type: "error", code: "InternalFailure", when: "after" },
  "reset before": { type: "reset", when: "before" },
  "reset after": { type: "reset", when: "after" },
  "cut at the start": { type: "cut", afterBytes: 0 },
  "cut in the middle": { type: "cut", afterBytes: 60 },
};

/** The probability of each fault. Few requests list the shards, and many get records. */
const ODDS: Readonly<Record<string, number>> = {
  GetRecords: 0.03,
  GetShardIterator: 0.04,
  ListShards: 0.05,
  DescribeStream: 0.05,
};

/** Every fault at every action that a consumer calls. */
export function drawnRules({ hasListShards }: ReshardSchedule): FaultRule[] {
  const actions = hasListShards
    ? READS
    : READS.map((name) => name === "ListShards" ? "DescribeStream" : name);
  return actions.flatMap((action) =>
    Object.entries(FAULTS).map(([name, fault]) => ({
      name: `${name}: ${action}`,
      action,
      fault,
      probability: ODDS[action],
    }))
  );
}

/** All rules of a schedule. */
export function rulesOf(schedule: ReshardSchedule): FaultRule[] {
  const rules = drawnRules(schedule);
  return schedule.hasListShards ? rules : [...rules, WITHOUT_LIST_SHARDS];
}

const WITHOUT_LIST_SHARDS: FaultRule = {
  action: "ListShards",
  fault: { type: "error", code: "UnknownOperationException", status: 400 },
};
