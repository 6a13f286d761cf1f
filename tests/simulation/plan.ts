/**
 * The plan of a simulation, drawn from its seed. It is plain data: it can be printed, shortened and
 * run again.
 *
 * @module
 */
import type { FaultRule } from "../../testing/mod.ts";
import {
  fanOutFaults,
  faultsOf,
  queueFaults,
  writeFaults,
} from "./fault_rules.ts";
import { SeededChoices } from "../../testing/_simulation/seeded_choices.ts";

/**
 * What the plan is about. The gentler the plan, the more can be demanded of it:
 *
 * - `calm`: reshards, and workers that stop and start. No value may be processed twice.
 * - `clocks`: as `calm`, and the time of day of workers jumps.
 * - `kills`: as `calm`, and workers are killed. Their shards must be read again in time.
 * - `stuck`: the handler of one key hangs, or the requests of one shard. The values of other shards
 *   must not wait for it.
 * - `storm`: everything: faults of the service, the network and the store, kills, frozen workers.
 * - `producer`: faults of the requests that write.
 * - `queue`: workers of a queue, with faults or without.
 */
export type Profile =
  | "calm"
  | "clocks"
  | "kills"
  | "stuck"
  | "storm"
  | "producer"
  | "queue";

/** How values are consumed. */
export type Shape =
  | "iterate"
  | "pipe"
  | "reader"
  | "process-key"
  | "process-shard"
  | "process-none"
  | "batches"
  | "commit";

/** A worker, which is started again after its end. */
export interface WorkerPlan {
  readonly shape: Shape;
  /** When it starts, in milliseconds. */
  readonly startAt: number;
  /** The longest time that a value takes, in milliseconds. */
  readonly handlerMs: number;
  /** The probability that a value fails. */
  readonly failRate: number;
  readonly concurrency: number;
}

/** Something that happens at a time, in milliseconds from the start. */
export type Incident =
  & { readonly at: number }
  & (
    | { readonly type: "split" | "merge"; readonly nth: number }
    | {
      readonly type: "kill";
      readonly worker: number;
      readonly restartMs: number;
      readonly keepsName: boolean;
    }
    | {
      readonly type: "stop";
      readonly worker: number;
      readonly restartMs: number;
    }
    | {
      readonly type: "freeze";
      readonly worker: number;
      readonly forMs: number;
    }
    | { readonly type: "jump"; readonly worker: number; readonly ms: number }
    | { readonly type: "store-outage"; readonly forMs: number }
    /** The requests of a worker to the store or to Kinesis do not arrive. */
    | {
      readonly type: "cut-off";
      readonly worker: number;
      readonly from: "store" | "kinesis";
      readonly forMs: number;
    }
    | { readonly type: "kill-producer" }
  );

/** The plan of a run. */
export interface Plan {
  readonly seed: number;
  readonly profile: Profile;
  /** Until then values are written and incidents and faults happen, in milliseconds. */
  readonly durationMs: number;
  readonly shards: number;
  readonly processor: "json" | "jsonLines" | "kplJson" | "gzip";
  readonly store: "memory" | "sqlite" | "dynamodb";
  readonly fanOut: boolean;
  readonly failoverTimeMs: number;
  readonly latency: { readonly networkMs: number; readonly storeMs: number };
  readonly consumer: {
    readonly checkpointIntervalMs: number;
    readonly pollIntervalMs: number;
    readonly maxUnacknowledged: number;
    readonly prefetch: { readonly records: number; readonly bytes?: number };
  };
  readonly producer: {
    readonly ordering: "none" | "key" | "shard";
    readonly values: number;
    readonly keys: number;
    readonly bursts: number;
    readonly bufferedValues: number;
    readonly maxAttempts: number;
    readonly maxInFlight: number;
    readonly maxBatchRecords: number;
    readonly lingerMs: number;
    readonly deadLetter: boolean;
    readonly way: "put" | "write" | "putAll";
  };
  readonly workers: readonly WorkerPlan[];
  readonly incidents: readonly Incident[];
  readonly rules: readonly FaultRule[];
  /** What hangs until the end of the faults. */
  readonly stuck: "nothing" | "handler" | "reads";
  /** The probabilities of faults of the store, for each call. */
  readonly storeFaults: {
    readonly fail: number;
    readonly lose: number;
    readonly slow: number;
  };
  /** The probability that ListShards answers with an earlier list, or leaves a shard out. */
  readonly staleLists: number;
  /** Timers of workers are late by up to so many milliseconds, as on a busy machine. */
  readonly lateMs: number;
  /**
   * How the run ends: the workers go on until everything is processed, or they stop and a new one
   * reads with `until: "caught-up"`.
   */
  readonly finish: "live" | "caught-up";
}

/** Adds what older plans do not have. */
export function completed(plan: Partial<Plan>): Plan {
  const added = { lateMs: 0, finish: "live", stuck: "nothing" };
  const producer = { way: "put", ...plan.producer };
  return { ...added, ...plan, producer } as Plan;
}

export const PROFILES: readonly Profile[] = [
  "calm",
  "calm",
  "clocks",
  "kills",
  "stuck",
  "storm",
  "storm",
  "storm",
  "producer",
  "queue",
  "queue",
];
const SHAPES: readonly Shape[] = [
  "iterate",
  "pipe",
  "reader",
  "process-key",
  "process-shard",
  "process-none",
  "batches",
];
/** The shard whose requests hang in plans with `stuck: "reads"`. */
export const STUCK_SHARD = "shardId-000000000000";
const STUCK_READS: FaultRule = {
  action: ["GetRecords", "SubscribeToShard"],
  shardId: STUCK_SHARD,
  skip: 3,
  fault: { type: "stall", when: "before" },
};
const READS = ["GetRecords", "GetShardIterator", "ListShards"];

/** Draws the plan of a seed. */
export function drawPlan(seed: number): Plan {
  const choices = new SeededChoices(seed).fork(70);
  const profile = choices.pick(PROFILES);
  const isStorm = profile === "storm";
  const isRough = isStorm || profile === "producer";
  const durationMs = choices.integer(30, 90) * 1000;
  const shards = choices.integer(profile === "stuck" ? 2 : 1, 4);
  const store = choices.pick(["memory", "sqlite", "dynamodb"] as const);
  const workerCount = profile === "kills" || profile === "calm"
    ? choices.integer(2, 3)
    : choices.integer(1, 3);
  const ordering = choices.pick(["none", "key", "key", "shard"] as const);
  const stuck = profile === "stuck"
    ? choices.pick(["handler", "reads"] as const)
    : "nothing";
  return {
    seed,
    profile,
    durationMs,
    shards,
    processor: choices.pick(["json", "jsonLines", "kplJson", "gzip"] as const),
    store,
    fanOut: choices.chance(0.35),
    failoverTimeMs: choices.pick([3000, 10_000]),
    latency: {
      networkMs: choices.integer(1, 80),
      storeMs: choices.integer(1, 80),
    },
    consumer: {
      checkpointIntervalMs: choices.pick([200, 1000, 5000]),
      pollIntervalMs: choices.pick([250, 1000]),
      maxUnacknowledged: choices.pick([50, 100_000]),
      prefetch: choices.pick([
        { records: 10 },
        { records: 100, bytes: 1024 },
        { records: 50_000 },
      ]),
    },
    producer: {
      ordering,
      values: choices.integer(50, 300),
      keys: choices.integer(1, 20),
      bursts: choices.integer(2, 10),
      bufferedValues: choices.pick([10, 1000]),
      maxAttempts: isRough && choices.chance(0.3) ? 3 : 50,
      maxInFlight: choices.pick([1, 8]),
      maxBatchRecords: choices.pick([3, 500]),
      lingerMs: choices.pick([5, 100]),
      deadLetter: choices.chance(0.3),
      way: choices.pick(["put", "put", "write", "putAll"] as const),
    },
    workers: Array.from(
      { length: workerCount },
      (_, index) => drawWorker(choices, profile, index, store),
    ),
    incidents: drawIncidents(choices.fork(1), profile, {
      durationMs,
      workers: workerCount,
    }),
    rules: isStorm
      ? [...faultsOf(choices.fork(2), READS), ...fanOutFaults(choices.fork(3))]
      : profile === "producer"
      ? writeFaults(choices.fork(4))
      : profile === "queue" && choices.fork(5).chance(0.7)
      ? queueFaults(choices.fork(6))
      : stuck === "reads"
      ? [STUCK_READS]
      : [],
    stuck,
    storeFaults: isStorm && choices.chance(0.7)
      ? { fail: 0.04, lose: 0.04, slow: 0.02 }
      : { fail: 0, lose: 0, slow: 0 },
    staleLists: isRough && choices.chance(0.5) ? 0.3 : 0,
    lateMs: isStorm && choices.chance(0.3) ? choices.integer(1, 300) : 0,
    finish: choices.chance(0.25) ? "caught-up" : "live",
  };
}

function drawWorker(
  choices: SeededChoices,
  profile: Profile,
  index: number,
  store: Plan["store"],
): WorkerPlan {
  const isStuck = profile === "stuck";
  const shape = isStuck
    ? choices.pick(
      [
        "process-key",
        "process-shard",
        "process-none",
        "batches",
      ] as const,
    )
    : store === "sqlite" && choices.chance(0.5)
    ? "commit"
    : choices.pick(SHAPES);
  const fails = ["storm", "producer", "queue"].includes(profile);
  return {
    shape,
    startAt: index === 0 ? 0 : choices.integer(0, 10_000),
    handlerMs: profile === "calm"
      ? choices.pick([0, 20, 200])
      : choices.pick([0, 0, 20, 200, 500]),
    failRate: fails ? choices.pick([0, 0, 0.03]) : 0,
    concurrency: choices.pick([4, 16]),
  };
}

function drawIncidents(
  choices: SeededChoices,
  profile: Profile,
  { durationMs, workers }: { durationMs: number; workers: number },
): Incident[] {
  const incidents: Incident[] = [];
  const at = () => choices.integer(1000, durationMs);
  const worker = () => choices.integer(0, workers - 1);
  const some = (most: number, make: () => Incident) => {
    for (let n = choices.integer(0, most); n > 0; n--) incidents.push(make());
  };
  const nth = () => choices.integer(0, 7);
  some(3, () => ({ at: at(), type: "split", nth: nth() }));
  some(3, () => ({ at: at(), type: "merge", nth: nth() }));
  if (profile !== "kills" && profile !== "stuck") {
    some(3, () => ({
      at: at(),
      type: "stop",
      worker: worker(),
      restartMs: choices.integer(0, 20_000),
    }));
  }
  if (profile === "clocks" || profile === "storm") {
    some(3, () => ({
      at: at(),
      type: "jump",
      worker: worker(),
      ms: choices.pick([-3_600_000, -20_000, 20_000, 3_600_000]),
    }));
  }
  if (profile === "queue") {
    some(2, () => ({
      at: at(),
      type: "kill",
      worker: worker(),
      restartMs: choices.integer(0, 30_000),
      keepsName: true,
    }));
    some(2, () => ({
      at: at(),
      type: "freeze",
      worker: worker(),
      forMs: choices.integer(1000, 40_000),
    }));
    some(1, () => ({
      at: at(),
      type: "jump",
      worker: worker(),
      ms: choices.pick([-3_600_000, 3_600_000]),
    }));
  }
  if (profile === "kills") {
    incidents.push({
      at: choices.integer(10_000, durationMs),
      type: "kill",
      worker: worker(),
      restartMs: 60_000,
      keepsName: false,
    });
  }
  if (profile === "storm") {
    some(3, () => ({
      at: at(),
      type: "kill",
      worker: worker(),
      restartMs: choices.integer(0, 30_000),
      keepsName: choices.chance(0.5),
    }));
    some(2, () => ({
      at: at(),
      type: "freeze",
      worker: worker(),
      forMs: choices.integer(1000, 40_000),
    }));
    some(1, () => ({
      at: at(),
      type: "cut-off",
      worker: worker(),
      from: choices.pick(["store", "kinesis"] as const),
      forMs: choices.integer(1000, 40_000),
    }));
    some(1, () => ({
      at: at(),
      type: "store-outage",
      forMs: choices.integer(1000, 20_000),
    }));
  }
  if (profile === "producer" || profile === "storm") {
    some(1, () => ({ at: at(), type: "kill-producer" }));
  }
  return incidents.sort((a, b) => a.at - b.at);
}
