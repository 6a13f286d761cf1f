/**
 * Leases that the KCL and this library write for each other. The fixtures of this folder hold the
 * rows that each of them has stored, and what the KCL has read.
 *
 * @module
 */
import type { Checkpointer, Lease } from "../../../checkpoint/mod.ts";
import type { Checkpoint } from "../../../records.ts";

export const STREAM = "orders";
/** The stream in a table of the KCL for many streams. */
export const IDENTIFIER = "123456789012:orders:1700000000";
/** The time from which the KCL is configured to read; it does not store it. */
export const KCL_TIMESTAMP: Date = new Date(1_700_000_000_123);
/** A sequence number of a usual length. */
export const SEQUENCE =
  "49590338271490256608559692538361571095921575989136588898";

/** The layouts of a table. */
export const LAYOUTS = ["single", "multi"] as const;
export type TableLayout = typeof LAYOUTS[number];

/** The key of a shard in a table of the KCL. */
export function keyOf(layout: TableLayout, shardId: string): string {
  return layout === "single" ? shardId : `${IDENTIFIER}:${shardId}`;
}

/** The options of a checkpointer for a layout. */
export function optionsOf(layout: TableLayout) {
  return {
    multiStream: layout === "multi" && { [STREAM]: IDENTIFIER },
    kclTimestamp: KCL_TIMESTAMP,
  };
}

/** Commands for Leases.java that make a lease of every kind. */
export function kclCommands(layout: TableLayout): string[][] {
  const key = (shardId: string) => keyOf(layout, shardId);
  return [
    ["create", key("trim"), "TRIM_HORIZON", "0", "-"],
    ["create", key("latest"), "LATEST", "0", "-"],
    ["create", key("timestamp"), "AT_TIMESTAMP", "0", "-"],
    ["create", key("merged"), "TRIM_HORIZON", "0", "ended,plain"],
    ["create", key("ended"), "TRIM_HORIZON", "0", "-"],
    ["take", key("ended"), "kcl-1"],
    ["checkpoint", key("ended"), "SHARD_END", "0"],
    ["evict", key("ended")],
    ["create", key("plain"), "TRIM_HORIZON", "0", "-"],
    ["take", key("plain"), "kcl-1"],
    ["checkpoint", key("plain"), SEQUENCE, "0"],
    ["renew", key("plain")],
    ["create", key("aggregate"), "LATEST", "0", "-"],
    ["take", key("aggregate"), "kcl-1"],
    ["checkpoint", key("aggregate"), SEQUENCE, "7"],
    ["take", key("aggregate"), "kcl-2"],
    ["create", key("pending"), "TRIM_HORIZON", "0", "-"],
    ["take", key("pending"), "kcl-2"],
    ["checkpoint", key("pending"), SEQUENCE, "1"],
    ["prepare", key("pending"), `${SEQUENCE}0`, "3"],
  ];
}

/** The hash keys of all leases that {@linkcode kclCommands} make. */
const HALF = {
  startingHashKey: "0",
  endingHashKey: "170141183460469231731687303715884105728",
};

/** The leases that {@linkcode kclCommands} make, as this library reads them. */
export const KCL_LEASES: readonly Lease[] = [
  made("trim", { counter: 0 }),
  made("latest", { counter: 0, checkpoint: { type: "LATEST" } }),
  made("timestamp", {
    counter: 0,
    checkpoint: { type: "AT_TIMESTAMP", timestamp: KCL_TIMESTAMP },
  }),
  made("merged", { counter: 0, parentShardIds: ["ended", "plain"] }),
  made("ended", { counter: 3, checkpoint: { type: "SHARD_END" } }),
  made("plain", { counter: 3, owner: "kcl-1", checkpoint: inside(0) }),
  made("aggregate", { counter: 3, owner: "kcl-2", checkpoint: inside(7) }),
  made("pending", { counter: 3, owner: "kcl-2", checkpoint: inside(1) }),
].map((lease) => ({ ...lease, hashKeyRange: HALF }));

function made(shardId: string, lease: Partial<Lease>): Lease {
  return {
    streamName: STREAM,
    shardId,
    checkpoint: { type: "TRIM_HORIZON" },
    parentShardIds: [],
    counter: 0,
    ...lease,
  };
}

function inside(subSequenceNumber: number): Checkpoint {
  return { type: "SEQUENCE", sequenceNumber: SEQUENCE, subSequenceNumber };
}

/** Stores a lease of every kind. */
export async function writeOurs(checkpointer: Checkpointer): Promise<void> {
  const whole: Checkpoint = { type: "SEQUENCE", sequenceNumber: SEQUENCE };
  const starts: Record<string, Checkpoint> = {
    trim: { type: "TRIM_HORIZON" },
    latest: { type: "LATEST" },
    timestamp: { type: "AT_TIMESTAMP", timestamp: KCL_TIMESTAMP },
    merged: { type: "TRIM_HORIZON" },
  };
  for (const [shardId, checkpoint] of Object.entries(starts)) {
    const parentShardIds = shardId === "merged" ? ["ended", "whole"] : [];
    await checkpointer.create({
      ...{ streamName: STREAM, shardId, checkpoint, parentShardIds },
      startingSequenceNumber: SEQUENCE,
    });
  }
  const ended = await held(checkpointer, "ended");
  const final = await checkpointer.checkpoint(ended, { type: "SHARD_END" });
  await checkpointer.release(final!);
  const first = await held(checkpointer, "whole");
  await checkpointer.renew((await checkpointer.checkpoint(first, whole))!);
  const second = await held(checkpointer, "inside");
  const third = await checkpointer.checkpoint(second, inside(7));
  await checkpointer.take(third!, "ours-2");
}

async function held(
  checkpointer: Checkpointer,
  shardId: string,
): Promise<Lease> {
  const lease = made(shardId, {});
  await checkpointer.create(lease);
  return (await checkpointer.take(lease, "ours-1"))!;
}

/** What Leases.java prints for the leases of {@linkcode writeOurs}. */
export function readByKcl(layout: TableLayout): string {
  const whole = `${SEQUENCE}/9223372036854775807`;
  return [
    ["trim", "null 0 TRIM_HORIZON/0 [] 0 -"],
    ["latest", "null 0 LATEST/0 [] 0 -"],
    ["timestamp", "null 0 AT_TIMESTAMP/0 [] 0 -"],
    ["merged", "null 0 TRIM_HORIZON/0 [ended,whole] 0 -"],
    ["ended", "null 3 SHARD_END/0 [] 0 -"],
    ["whole", `ours-1 3 ${whole} [] 0 -`],
    ["inside", `ours-2 3 ${SEQUENCE}/7 [] 1 -`],
  ].map(([shardId, rest]) => {
    const place = layout === "multi" ? `${IDENTIFIER}|${shardId}` : "-";
    return `${keyOf(layout, shardId!)} ${rest} ${place}`;
  }).sort().join("; ");
}
