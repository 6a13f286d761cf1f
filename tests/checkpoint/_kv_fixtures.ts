/**
 * Helpers of the tests of the Deno KV checkpointer.
 *
 * @module
 */
import { KvCheckpointer } from "../../checkpoint/kv.ts";

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
