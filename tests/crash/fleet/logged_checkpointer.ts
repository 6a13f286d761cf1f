/**
 * Logs each write of a lease before it is sent, and its answer.
 *
 * @module
 */
import type { Checkpointer, Lease } from "../../../checkpoint/mod.ts";
import type { Checkpoint } from "../../../records.ts";
import { type FleetLog, type LeaseWrite, machineNow } from "./log.ts";

const WRITES: ReadonlySet<string> = new Set<LeaseWrite>([
  ...["take", "renew", "checkpoint", "release"] as const,
]);

/** A checkpointer that logs the writes of holders. */
export function logged(inner: Checkpointer, log: FleetLog): Checkpointer {
  let calls = 0;
  type Method = (...args: unknown[]) => Promise<Lease | undefined>;
  return new Proxy(inner, {
    get(_, name: string) {
      const method = (inner as unknown as Record<string, Method>)[name]!
        .bind(inner);
      if (!WRITES.has(name)) return method;
      return async (lease: Lease, ...args: unknown[]) => {
        const write = name as LeaseWrite;
        const call = ++calls;
        const { shardId, counter } = lease;
        log.write({
          ...{ type: "asked", at: machineNow(), call, write, shardId, counter },
          ...write === "take" ? { owner: args[0] as string } : {},
          ...write === "checkpoint"
            ? { checkpoint: args[0] as Checkpoint }
            : {},
        });
        const stored = await method(lease, ...args);
        const at = machineNow();
        if (!stored) log.write({ type: "refused", at, call });
        else {
          const { counter, checkpoint } = stored;
          log.write({ type: "accepted", at, call, counter, checkpoint });
        }
        return stored;
      };
    },
  });
}
