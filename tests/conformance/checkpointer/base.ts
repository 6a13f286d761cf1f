/**
 * A correct checkpointer that the defective ones are made of.
 *
 * @module
 */
import type { Lease } from "../../../checkpoint/checkpointer.ts";
import { MemoryCheckpointer } from "../../../checkpoint/memory.ts";

/** A correct checkpointer whose stored leases can be read and changed without any condition. */
export class Base extends MemoryCheckpointer {
  async stored(lease: Lease): Promise<Lease | undefined> {
    const leases = await this.list(lease.streamName);
    return leases.find(({ shardId }) => shardId === lease.shardId);
  }

  /** The lease with the counter and owner that a write needs to be accepted. */
  async current(lease: Lease): Promise<Lease> {
    return await this.stored(lease) ?? lease;
  }

  async overwrite(lease: Lease): Promise<Lease> {
    const stored = await this.stored(lease);
    if (stored) await super.delete(stored);
    const { owner = "nobody", counter, load, requestedBy } = lease;
    await super.create(lease);
    let next: Lease = { ...lease, owner: undefined, counter: 0 };
    while (next.counter < counter) {
      const isLast = next.counter + 1 === counter;
      next = next.owner === undefined
        ? (await super.take(next, owner))!
        : isLast && lease.owner === undefined
        ? (await super.release(next))!
        : (await super.renew(next, { load }))!;
    }
    return requestedBy === undefined
      ? next
      : (await super.request(next, requestedBy))!;
  }
}

/** A defective checkpointer. */
export interface Defect {
  readonly name: string;
  /** The name of a check that must fail. Other checks may fail as well. */
  readonly caughtBy: string;
  readonly make: () => MemoryCheckpointer;
}
