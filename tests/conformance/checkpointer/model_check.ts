/**
 * Runs random sequences of calls and compares each result with a minimal model of a checkpointer.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { CheckpointerCheck } from "../checkpointer_suite.ts";
import type {
  Checkpointer,
  HashKeyRange,
  Lease,
  LeaseLoad,
  NewLease,
} from "../../../checkpoint/checkpointer.ts";
import type { Checkpoint } from "../../../records.ts";
import {
  assertLease,
  assertStored,
  CHECKPOINTS,
  HASH_KEYS,
  LOAD,
  SMALL_LOAD,
} from "./fixtures.ts";

const STREAMS = ["orders", "orders-2"];
const SHARDS = ["shard-1", "shard-10"];
const WORKERS = ["a", "b"];

type Kind =
  | "create"
  | "take"
  | "renew"
  | "checkpoint"
  | "release"
  | "request"
  | "replace"
  | "delete";

/**
 * One call. `known` selects among all leases seen so far, newest first, so that calls with stale
 * leases occur too.
 */
interface Step {
  readonly kind: Kind;
  readonly streamName: string;
  readonly shardId: string;
  readonly worker: string;
  readonly checkpoint: Checkpoint;
  readonly known: number;
  /** The starting sequence number in the lease that the call passes. */
  readonly start: string | undefined;
  /** The hash keys that `create` and `replace` store. */
  readonly range: HashKeyRange | undefined;
  /** The load that a write of a holder stores. */
  readonly load: LeaseLoad | undefined;
  /** The worker that asks for the lease. */
  readonly requester: string | undefined;
  /** Whether the call uses `worker` as owner, in place of the owner in the lease. */
  readonly forge: boolean;
}

const steps = fc.array(
  fc.record<Step>({
    // The weights let a lease exist long enough to be taken, checkpointed and released several
    // times.
    kind: fc.oneof(
      ...([
        ["create", 2],
        ["take", 5],
        ["renew", 3],
        ["checkpoint", 5],
        ["release", 3],
        ["request", 4],
        ["replace", 1],
        ["delete", 1],
      ] as const).map(([kind, weight]) => ({
        weight,
        arbitrary: fc.constant<Kind>(kind),
      })),
    ),
    streamName: fc.constantFrom(...STREAMS),
    shardId: fc.constantFrom(...SHARDS),
    worker: fc.constantFrom(...WORKERS),
    checkpoint: fc.constantFrom(...CHECKPOINTS),
    known: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.nat({ max: 6 }) },
    ),
    start: fc.constantFrom(undefined, "1", "2"),
    range: fc.constantFrom(undefined, HASH_KEYS),
    load: fc.constantFrom(undefined, LOAD, SMALL_LOAD),
    requester: fc.constantFrom(undefined, ...WORKERS),
    forge: fc.oneof(
      { weight: 4, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
  }),
  { minLength: 1, maxLength: 80, size: "max" },
);

/** The model: the contract on a flat list. It shares no code with the real checkpointers. */
class Model {
  rows: Lease[] = [];

  find(step: { streamName: string; shardId: string }): Lease | undefined {
    return this.rows.find((row) =>
      row.streamName === step.streamName && row.shardId === step.shardId
    );
  }

  apply(step: Step, lease: Lease): Lease | boolean | undefined {
    const { kind, checkpoint } = step;
    const row = this.find(step);
    if (kind === "create") {
      if (row) return false;
      this.rows.push({ ...fresh(step), counter: 0 });
      return true;
    }
    const current = row !== undefined && row.counter === lease.counter;
    if (kind === "delete") {
      if (current) this.rows.splice(this.rows.indexOf(row), 1);
      return current;
    }
    if (kind === "replace") {
      if (!current) return false;
      const next = { ...fresh(step), counter: row.counter + 1 };
      this.rows.splice(this.rows.indexOf(row), 1, next);
      return true;
    }
    const mine = row?.owner !== undefined && row.owner === lease.owner;
    if (kind === "request") {
      if (!mine || row.requestedBy !== lease.requestedBy) return undefined;
      return this.#change(row, { requestedBy: step.requester });
    }
    if (!current) return undefined;
    if (kind !== "take" && !mine) return undefined;
    const counter = row.counter + 1;
    switch (kind) {
      case "take":
        return this.#change(row, {
          counter,
          owner: step.worker,
          requestedBy: undefined,
          startingSequenceNumber: row.startingSequenceNumber ??
            lease.startingSequenceNumber,
        });
      case "release":
        return this.#change(row, {
          counter,
          owner: undefined,
          requestedBy: undefined,
        });
      default:
        return this.#change(row, {
          counter,
          load: step.load ?? row.load,
          ...(kind === "checkpoint" && { checkpoint }),
        });
    }
  }

  #change(row: Lease, change: Partial<Lease>): Lease {
    const next = { ...row, ...change };
    this.rows.splice(this.rows.indexOf(row), 1, next);
    return next;
  }
}

function perform(
  checkpointer: Checkpointer,
  step: Step,
  lease: Lease,
): Promise<Lease | boolean | undefined> {
  switch (step.kind) {
    case "create":
      return checkpointer.create(fresh(step));
    case "replace":
      return checkpointer.replace(lease, fresh(step));
    case "take":
      return checkpointer.take(lease, step.worker);
    case "checkpoint":
      return checkpointer.checkpoint(lease, step.checkpoint, step);
    case "renew":
      return checkpointer.renew(lease, step);
    case "request":
      return checkpointer.request(lease, step.requester);
    default:
      return checkpointer[step.kind](lease);
  }
}

/** Makes the check. `numRuns` is the number of random sequences of calls. */
export function modelCheck(numRuns: number): CheckpointerCheck {
  return {
    name: `behaves like the model in ${numRuns} random histories`,
    async run(store) {
      let run = 0;
      const property = fc.asyncProperty(steps, async (history) => {
        const checkpointer = await store.open(`run-${run++}`);
        const model = new Model();
        const seen: Lease[] = [];
        for (const step of history) {
          const known = seen.filter((lease) =>
            lease.streamName === step.streamName &&
            lease.shardId === step.shardId
          );
          const lease = known[step.known] ?? blank(step);
          const startingSequenceNumber = step.start;
          const claimed = {
            ...lease,
            startingSequenceNumber,
            owner: step.forge ? step.worker : lease.owner,
          };
          const expected = model.apply(step, claimed);
          const actual = await perform(checkpointer, step, claimed);
          if (typeof expected === "object" && typeof actual === "object") {
            assertLease(actual, expected);
          } else {
            assertEquals(actual, expected, step.kind);
          }
          const row = model.find(step);
          if (row && row !== seen[0]) seen.unshift(row);
        }
        for (const streamName of STREAMS) {
          const rows = model.rows.filter((r) => r.streamName === streamName);
          await assertStored(checkpointer, rows, streamName);
        }
      });
      await fc.assert(property, { numRuns });
    },
  };
}

/** What `create` and `replace` store. */
function fresh(step: Step): NewLease {
  const { streamName, shardId, checkpoint, start, range } = step;
  return {
    ...{ streamName, shardId, checkpoint },
    parentShardIds: ["p"],
    startingSequenceNumber: start,
    hashKeyRange: range,
  };
}

function blank({ streamName, shardId, checkpoint }: Step): Lease {
  return { streamName, shardId, checkpoint, parentShardIds: [], counter: 0 };
}
