import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  planLeases,
  startPosition,
} from "../../../_consumer/shards/start_plan.ts";
import { Lineage } from "../../../_consumer/shards/lineage.ts";
import type { Lease } from "../../../checkpoint/mod.ts";
import type { Checkpoint, StartPosition } from "../../../records.ts";
import { shard } from "../../_services/shard.ts";

const NOW = 1_700_000_000_000;
// p was split into a and b; b and c were merged into d.
const SHARDS = [
  shard("p", { closed: true }),
  shard("c", { closed: true }),
  shard("a", { parents: ["p"] }),
  shard("b", { parents: ["p"], closed: true }),
  shard("d", { parents: ["b", "c"] }),
];

const leaseOf = (
  shardId: string,
  checkpoint: Checkpoint,
  counter = 0,
): Lease => ({
  streamName: "s",
  shardId,
  counter,
  checkpoint,
  parentShardIds: [],
});

function plan(from: StartPosition, leases: Lease[] = []) {
  return planLeases({
    stream: "s",
    lineage: new Lineage(SHARDS),
    leases: new Map(leases.map((lease) => [lease.shardId, lease])),
    from,
    startedAt: NOW,
  });
}

function types(from: StartPosition, leases: Lease[] = []) {
  return Object.fromEntries(
    plan(from, leases).flat().map(({ lease }) => [
      lease.shardId,
      lease.checkpoint.type,
    ]),
  );
}

Deno.test("planLeases starts every shard at its oldest record with TRIM_HORIZON", () => {
  const all = "TRIM_HORIZON";
  assertEquals(types("TRIM_HORIZON"), {
    p: all,
    a: all,
    b: all,
    c: all,
    d: all,
  });
});

Deno.test("planLeases leaves out closed shards with LATEST, and stores the time for open ones", () => {
  assertEquals(types("LATEST"), {
    p: "SHARD_END",
    b: "SHARD_END",
    c: "SHARD_END",
    a: "AT_TIMESTAMP",
    d: "AT_TIMESTAMP",
  });
  const { lease, isLatest } = plan("LATEST").flat().find((it) =>
    it.lease.shardId === "a"
  )!;
  assert(isLatest);
  assertEquals(lease.checkpoint, {
    type: "AT_TIMESTAMP",
    timestamp: new Date(NOW - 10_000),
  });
});

Deno.test("planLeases starts the children of a shard with progress at their oldest record", () => {
  const leases = [
    leaseOf("p", { type: "AT_TIMESTAMP", timestamp: new Date(NOW) }),
    leaseOf("c", { type: "SEQUENCE", sequenceNumber: "1" }),
  ];
  for (const from of ["LATEST", "TRIM_HORIZON"] as const) {
    assertEquals(types(from, leases), {
      a: "TRIM_HORIZON",
      b: "TRIM_HORIZON",
      d: "TRIM_HORIZON",
    });
  }
});

Deno.test("planLeases starts children at the time of their parents while these have no progress, and later at their oldest record", () => {
  const waiting = [
    leaseOf("p", { type: "AT_TIMESTAMP", timestamp: new Date(NOW) }),
    leaseOf("c", { type: "SEQUENCE", sequenceNumber: "1" }),
  ];
  // The time of this run is not the one that the parent started with.
  const planned = plan(new Date(NOW + 1), waiting).flat();
  const a = planned.find(({ lease }) => lease.shardId === "a")!;
  assertEquals(a.lease.checkpoint, {
    type: "AT_TIMESTAMP",
    timestamp: new Date(NOW),
  });
  assertEquals(types(new Date(NOW + 1), waiting).d, "TRIM_HORIZON");
  const begun = [leaseOf("p", { type: "SEQUENCE", sequenceNumber: "1" })];
  assertEquals(types(new Date(NOW), begun).a, "TRIM_HORIZON");
});

Deno.test("planLeases leaves out what lies before a shard that was begun, and not before one that only has a lease", () => {
  const begun = leaseOf("d", { type: "SEQUENCE", sequenceNumber: "1" });
  assertEquals(types("TRIM_HORIZON", [begun]), {
    p: "SHARD_END",
    b: "SHARD_END",
    c: "SHARD_END",
    a: "TRIM_HORIZON",
  });
  const made = leaseOf("d", { type: "TRIM_HORIZON" });
  assertEquals(types("TRIM_HORIZON", [made]), {
    p: "TRIM_HORIZON",
    a: "TRIM_HORIZON",
    b: "TRIM_HORIZON",
    c: "TRIM_HORIZON",
  });
});

Deno.test("planLeases follows positions by shard id", () => {
  const from: StartPosition = {
    b: { type: "SEQUENCE", sequenceNumber: "7" },
    c: { type: "AT_SEQUENCE_NUMBER", sequenceNumber: "9" },
  };
  assertEquals(types(from), {
    p: "SHARD_END",
    b: "SEQUENCE",
    c: "TRIM_HORIZON",
    a: "TRIM_HORIZON",
    d: "TRIM_HORIZON",
  });
});

Deno.test("planLeases gives every shard the same start after a crash between any two writes", () => {
  const starts = fc.constantFrom<StartPosition>(
    "TRIM_HORIZON",
    "LATEST",
    new Date(NOW - 5000),
    { b: { type: "SEQUENCE", sequenceNumber: "7" } },
    { d: { type: "AT_SEQUENCE_NUMBER", sequenceNumber: "7" } },
  );
  fc.assert(
    fc.property(starts, fc.array(fc.nat(), { maxLength: 8 }), (from, picks) => {
      const whole = new Map(
        plan(from).flat().map(({ lease }) => [lease.shardId, lease.checkpoint]),
      );
      const stored: Lease[] = [];
      for (const pick of picks) {
        // Writes of one batch succeed in any order. A later batch starts when the batch is
        // complete.
        const [batch] = plan(from, stored);
        if (!batch) break;
        const { lease } = batch[pick % batch.length]!;
        stored.push({ ...lease, counter: 0 });
      }
      const rest = plan(from, stored).flat().map(({ lease }) => lease);
      assertEquals(
        new Map(
          [...stored, ...rest].map((
            lease,
          ) => [lease.shardId, lease.checkpoint]),
        ),
        whole,
      );
    }),
  );
});

Deno.test("startPosition is LATEST for the first holder of a new lease only", () => {
  const checkpoint = {
    type: "AT_TIMESTAMP",
    timestamp: new Date(NOW),
  } as const;
  const lease = leaseOf("a", checkpoint, 1);
  assertEquals(startPosition(lease, "LATEST", true), { type: "LATEST" });
  assertEquals(startPosition(lease, "LATEST", false), checkpoint);
  assertEquals(
    startPosition({ ...lease, counter: 3 }, "LATEST", true),
    checkpoint,
  );
});

Deno.test("startPosition is the named sequence number until something is stored", () => {
  const at = { type: "AT_SEQUENCE_NUMBER", sequenceNumber: "9" } as const;
  const stored = { type: "SEQUENCE", sequenceNumber: "12" } as const;
  const from = { a: at };
  assertEquals(
    startPosition(leaseOf("a", { type: "TRIM_HORIZON" }, 5), from, false),
    at,
  );
  assertEquals(startPosition(leaseOf("a", stored, 5), from, false), stored);
});
