/**
 * The schedule of one run of a producer, drawn from a seed.
 *
 * @module
 */
import type { FaultRule } from "../../testing/mod.ts";
import type { Ordering } from "../../producer.ts";
import { SeededChoices } from "./seeded_choices.ts";
import {
  drawPartialFaults,
  drawServiceFaults,
  drawWireOdds,
  type WireOdds,
} from "./faults.ts";
import { drawIncidents, type Incident } from "./incidents.ts";
import type { ProcessorName } from "./processors.ts";
import type { Emulator } from "./target.ts";

/** How the producer ends: closed, aborted, or with an error that no retry can change. */
export type ProducerEnd = "close" | "abort" | "fatal";

/** A schedule. */
export interface ProducerSchedule {
  readonly seed: number;
  readonly emulator: Emulator;
  readonly shards: number;
  readonly processor: ProcessorName;
  readonly options: {
    readonly ordering: Ordering;
    readonly lingerMs: number;
    readonly maxInFlight: number;
    readonly maxBatchRecords: number;
    readonly maxBatchBytes: number;
    readonly maxRecordBytes: number;
    readonly bufferedValues: number;
    readonly maxAttempts: number;
    readonly recordTtlMs: number;
  };
  readonly deadLetter: boolean;
  /** The fraction of values that are too large for a record. */
  readonly oversized: number;
  /** The number of values that are piped, and of values that are put. */
  readonly piped: number;
  readonly put: number;
  readonly end: ProducerEnd;
  /** The number of written values after which it is aborted. */
  readonly endAt: number;
  readonly incidents: readonly Incident[];
  readonly wire: readonly WireOdds[];
  readonly rules: readonly FaultRule[];
}

/** Draws a schedule. */
export function producerSchedule(seed: number): ProducerSchedule {
  const choices = new SeededChoices(seed);
  const processor = choices.pick(
    ["json", "jsonLines", "kplJson", "msgpack"] as const,
  );
  const ordering = choices.pick(["none", "key", "key", "shard"] as const);
  const deadLetter = choices.chance(0.5);
  const end = choices.pick(
    ["close", "close", "close", "abort", "fatal"] as const,
  );
  const piped = choices.integer(200, 600);
  const isImpatient = choices.chance(0.2);
  return {
    seed,
    emulator: choices.pick(["kinesalite", "in-memory"] as const),
    shards: choices.integer(1, 4),
    processor,
    options: {
      ordering,
      lingerMs: choices.pick([0, 20, 100, 500]),
      maxInFlight: choices.pick([1, 2, 8, 20]),
      maxBatchRecords: choices.pick([5, 20, 100, 500]),
      maxBatchBytes: choices.pick([64 * 1024, 1024 * 1024, 5 * 1024 * 1024]),
      maxRecordBytes: 32 * 1024,
      bufferedValues: choices.pick([50, 500, 50_000]),
      // With few attempts some values are given up. A hundred attempts outlast every schedule.
      maxAttempts: isImpatient ? choices.integer(2, 4) : 100,
      recordTtlMs: choices.chance(0.15)
        ? choices.integer(3000, 20_000)
        : Infinity,
    },
    deadLetter,
    // Without dead letters, the first oversized value of the pipe ends the producer.
    oversized: choices.chance(0.15) ? 0.005 : 0,
    piped,
    put: choices.integer(50, 250),
    end,
    endAt: choices.integer(Math.floor(piped / 4), piped - 1),
    incidents: drawIncidents(choices.fork(1), piped, {
      split: 0.6,
      merge: 0.5,
      gone: 0.4,
      mostMs: 30_000,
    }),
    wire: drawWireOdds(choices.fork(2)),
    rules: [
      ...(end === "fatal" ? [fatalRule(choices.integer(2, 12))] : []),
      ...drawServiceFaults(choices.fork(3), ["PutRecords", "ListShards"]),
      ...drawPartialFaults(choices.fork(4)),
    ],
  };
}

/** Refuses one request, after `skip` others, with an error that no retry can change. */
function fatalRule(skip: number): FaultRule {
  return {
    name: "denied",
    action: "PutRecords",
    skip,
    times: 1,
    fault: { type: "error", code: "AccessDeniedException", status: 400 },
  };
}
