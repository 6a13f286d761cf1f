/**
 * The schedule of a stream that is written, resharded, and read by consumers that die, drawn from a
 * seed.
 *
 * @module
 */
import type { FaultRule } from "../../testing/mod.ts";
import { SeededChoices } from "./seeded_choices.ts";
import { drawServiceFaults, drawWireOdds, type WireOdds } from "./faults.ts";
import { drawIncidents, type Incident } from "./incidents.ts";
import type { ProcessorName } from "./processors.ts";
import type { Emulator } from "./target.ts";

/** How records are consumed. */
export type Shape = "iterate" | "reader" | "sink" | "process" | "batches";

/**
 * How a life ends. `close` and `abort` are calls of the API. `leave` ends reading while a record is
 * unacknowledged. `kill` ends the life at any moment, and nothing is stored after it.
 */
export type LifeEnd = "close" | "abort" | "leave" | "kill";

/** One consumer from start to end. */
export interface Life {
  readonly shape: Shape;
  readonly end: LifeEnd;
  /** The life ends after so many records, or when none arrived for some time. */
  readonly records: number;
  /** Longest duration, in milliseconds. */
  readonly ms: number;
  /** Whether the life has the worker id of the previous life. */
  readonly keepsName: boolean;
}

/** A schedule. */
export interface ConsumerSchedule {
  readonly seed: number;
  readonly emulator: Emulator;
  readonly shards: number;
  readonly processor: ProcessorName;
  readonly values: number;
  readonly checkpointer: "memory" | "kv";
  /** Probability that a call of the checkpointer fails, before or after it takes effect. */
  readonly storeFailures: number;
  readonly options: {
    readonly checkpointIntervalMs: number;
    readonly prefetch: { readonly records: number };
    readonly maxUnacknowledged: number;
    readonly pollIntervalMs: number;
  };
  /** The lives of each worker, one after another. One or two workers run at the same time. */
  readonly workers: readonly (readonly Life[])[];
  readonly incidents: readonly Incident[];
  readonly wire: readonly WireOdds[];
  readonly rules: readonly FaultRule[];
}

const SHAPES: readonly Shape[] = [
  "iterate",
  "reader",
  "sink",
  "process",
  "batches",
];

/** The actions that a consumer calls. */
export const READS = ["GetRecords", "GetShardIterator", "ListShards"];

/** Draws a schedule. */
export function consumerSchedule(seed: number): ConsumerSchedule {
  const choices = new SeededChoices(seed).fork(50);
  const values = choices.integer(150, 500);
  const workers = choices.chance(0.3) ? 2 : 1;
  return {
    seed,
    emulator: choices.pick(["kinesalite", "in-memory"] as const),
    shards: choices.integer(1, 3),
    processor: choices.pick(
      ["json", "jsonLines", "kplJson", "msgpack"] as const,
    ),
    values,
    checkpointer: choices.pick(["memory", "kv"] as const),
    storeFailures: choices.chance(0.5) ? 0.05 : 0,
    options: {
      checkpointIntervalMs: choices.pick([100, 1000, 5000]),
      prefetch: { records: choices.pick([10, 200, 50_000]) },
      maxUnacknowledged: choices.pick([50, 100_000]),
      pollIntervalMs: choices.pick([200, 1000]),
    },
    workers: Array.from({ length: workers }, () =>
      Array.from(
        { length: choices.integer(2, 5) },
        () => drawLife(choices, values),
      )),
    incidents: drawIncidents(choices.fork(1), values, {
      split: 0.7,
      merge: 0.6,
      gone: 0.3,
      mostMs: 10_000,
    }),
    wire: drawWireOdds(choices.fork(2)),
    rules: drawServiceFaults(choices.fork(3), READS),
  };
}

/** Draws a life in which a part of `values` values is read. */
export function drawLife(choices: SeededChoices, values: number): Life {
  return {
    shape: choices.pick(SHAPES),
    end: choices.pick(["close", "abort", "leave", "kill", "kill"] as const),
    records: choices.integer(1, Math.ceil(values / 2)),
    ms: choices.integer(100, 20_000),
    keepsName: choices.chance(0.6),
  };
}
