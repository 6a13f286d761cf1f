/**
 * Helpers of the tests of the Deno KV checkpointer.
 *
 * @module
 */
import type { Lease } from "../../checkpoint/checkpointer.ts";
import { KvCheckpointer } from "../../checkpoint/kv.ts";
import {
  AT_128,
  newLease,
  STREAM,
} from "../conformance/checkpointer/fixtures.ts";

/** Runs a test with a database in memory and a checkpointer named "app" on it. */
export async function withKv(
  body: (kv: Deno.Kv, checkpointer: KvCheckpointer) => Promise<void>,
): Promise<void> {
  const kv = await Deno.openKv(":memory:");
  try {
    await body(kv, new KvCheckpointer({ kv, name: "app" }));
  } finally {
    kv.close();
  }
}

/** A row as it is stored. */
export const ROW: Readonly<Record<string, unknown>> = {
  format: 1,
  owner: "worker-1",
  counter: 1,
  checkpoint: { type: "TRIM_HORIZON" },
  parentShardIds: [],
};
/** {@linkcode ROW} as a lease. */
export const HELD: Lease = { ...newLease(), owner: "worker-1", counter: 1 };

/** All calls of a checkpointer that read the row of {@linkcode HELD}. */
export function readers(
  checkpointer: KvCheckpointer,
): (() => Promise<unknown>)[] {
  return [
    () => checkpointer.list(STREAM),
    () => checkpointer.take(HELD, "worker-2"),
    () => checkpointer.renew(HELD),
    () => checkpointer.checkpoint(HELD, AT_128),
    () => checkpointer.release(HELD),
    () => checkpointer.replace(HELD, newLease()),
    () => checkpointer.delete(HELD),
  ];
}
