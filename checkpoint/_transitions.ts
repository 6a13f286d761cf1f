/**
 * The conditional writes as pure functions: each takes the stored lease and returns the next one,
 * or `undefined` if the write is refused. Memory and Deno KV use the same functions, so they
 * decide alike.
 *
 * @module
 */
import type { Checkpoint } from "../records.ts";
import type {
  HolderCallOptions,
  Lease,
  LeaseLoad,
  NewLease,
} from "./checkpointer.ts";

/** Keeps the stored members, because the copy of a caller may differ from them. */
export type Transition = (stored: Lease) => Lease | undefined;

/** {@linkcode Checkpointer.create}: the row of a lease that no worker holds yet. */
export function creating(lease: NewLease): Lease {
  return {
    ...lease,
    counter: 0,
    owner: undefined,
    requestedBy: undefined,
    load: undefined,
  };
}

/** {@linkcode Checkpointer.take} */
export function taking(lease: Lease, owner: string): Transition {
  return (stored) => {
    if (!isCurrent(stored, lease)) return undefined;
    const startingSequenceNumber = stored.startingSequenceNumber ??
      lease.startingSequenceNumber;
    return {
      ...advance(stored),
      owner,
      startingSequenceNumber,
      requestedBy: undefined,
    };
  };
}

/** {@linkcode Checkpointer.replace} */
export function replacing(lease: Lease, next: NewLease): Transition {
  return (stored) => {
    if (!isCurrent(stored, lease)) return undefined;
    const { streamName, shardId } = stored;
    const { counter } = advance(stored);
    return { ...creating(next), streamName, shardId, counter };
  };
}

/** {@linkcode Checkpointer.renew} */
export function renewing(
  lease: Lease,
  { load }: HolderCallOptions = {},
): Transition {
  return (stored) =>
    isHeld(stored, lease) ? { ...advance(stored), ...of(load) } : undefined;
}

/** {@linkcode Checkpointer.checkpoint} */
export function checkpointing(
  lease: Lease,
  checkpoint: Checkpoint,
  { load }: HolderCallOptions = {},
): Transition {
  return (stored) =>
    isHeld(stored, lease)
      ? { ...advance(stored), ...of(load), checkpoint }
      : undefined;
}

/** {@linkcode Checkpointer.release} */
export function releasing(lease: Lease): Transition {
  return (stored) =>
    isHeld(stored, lease)
      ? { ...advance(stored), owner: undefined, requestedBy: undefined }
      : undefined;
}

/** {@linkcode Checkpointer.request} */
export function requesting(
  lease: Lease,
  requestedBy: string | undefined,
): Transition {
  return (stored) =>
    stored.owner !== undefined && stored.owner === lease.owner &&
      stored.requestedBy === lease.requestedBy
      ? { ...stored, requestedBy }
      : undefined;
}

/** Whether the counter of a lease is the stored one. */
export function isCurrent(
  stored: Pick<Lease, "counter">,
  lease: Lease,
): boolean {
  return stored.counter === lease.counter;
}

/** Whether the lease has an owner, and owner and counter are the stored ones. */
function isHeld(stored: Lease, lease: Lease): boolean {
  return isCurrent(stored, lease) && stored.owner !== undefined &&
    stored.owner === lease.owner;
}

/** The load to store: nothing if the stored load stays. */
function of(load: LeaseLoad | undefined): Pick<Lease, "load"> {
  return load === undefined ? {} : { load };
}

function advance(stored: Lease): Lease {
  return { ...stored, counter: stored.counter + 1 };
}
