/**
 * The schedules of a stream that is resharded all the time, and their faults.
 *
 * @module
 */
import type { Fault, FaultRule } from "../../testing/mod.ts";

/** What happens. */
export interface ReshardSchedule {
  readonly seed: number;
  readonly reshards: number;
  readonly values: number;
  readonly workers: number;
  /** Whether shards are read through subscriptions. */
  readonly fanOut: boolean;
  /** Whether the server knows ListShards. Otherwise, consumers call DescribeStream. */
  readonly hasListShards: boolean;
  /** Probability that a call of the checkpointer fails. */
  readonly storeFailures: number;
}

/** Faults by their names. */
type Faults = Readonly<Record<string, Fault>>;

/** The action has no effect. */
const FAULTS_BEFORE: Faults = {
  throttle: { type: "throttle" },
  "500 before": { type: "error", code: "InternalFailure", when: "before" },
  "reset before": { type: "reset", when: "before" },
};
const FAULTS: Faults = {
  ...FAULTS_BEFORE,
  "500 after": { type: "error", code: "InternalFailure", when: "after" },
  "reset after": { type: "reset", when: "after" },
  "cut at the start": { type: "cut", afterBytes: 0 },
  "cut in the middle": { type: "cut", afterBytes: 60 },
};

/** Faults of a subscription that has started. */
const LATER_FAULTS: Faults = {
  silence: { type: "silence", afterEvents: 1 },
  exception: {
    type: "exception",
    afterEvents: 1,
    code: "InternalFailureException",
  },
};

/** The probability of each fault. Few requests list shards, and many get records. */
const ODDS: Readonly<Record<string, number>> = {
  DescribeStream: 0.05,
  GetRecords: 0.03,
  GetShardIterator: 0.04,
  ListShards: 0.05,
  SubscribeToShard: 0.04,
};

/** Every fault at every action that a consumer calls. */
export function drawnRules(
  { fanOut, hasListShards }: ReshardSchedule,
): FaultRule[] {
  const list = hasListShards ? "ListShards" : "DescribeStream";
  return fanOut
    ? [
      ...rulesFor(list, FAULTS),
      ...rulesFor("SubscribeToShard", { ...FAULTS, ...LATER_FAULTS }),
      // A life calls these once, so each fault happens to one call, one after another.
      ...onceFor("DescribeStreamSummary", FAULTS),
      ...onceFor("DescribeStreamConsumer", FAULTS),
      ...onceFor("RegisterStreamConsumer", FAULTS_BEFORE),
    ]
    : [list, "GetShardIterator", "GetRecords"].flatMap((action) =>
      rulesFor(action, FAULTS)
    );
}

function rulesFor(action: string, faults: Faults): FaultRule[] {
  const probability = ODDS[action]!;
  return Object.entries(faults).map(([name, fault]) => ({
    name: `${name}: ${action}`,
    action,
    fault,
    probability,
  }));
}

function onceFor(action: string, faults: Faults): FaultRule[] {
  return Object.entries(faults).map(([name, fault]) => ({
    name: `${name}: ${action}`,
    action,
    fault,
    times: 1,
  }));
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
