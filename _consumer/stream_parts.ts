/**
 * The objects that the parts of a coordinator share: what this worker knows of one stream, and the
 * shards that it reads.
 *
 * @module
 */
import { Admission } from "../_core/admission.ts";
import { HeldSessions } from "./leases/held_sessions.ts";
import { LeaseRequests } from "./leases/lease_requests.ts";
import { LeaseTable } from "./leases/lease_table.ts";
import { SetAside } from "./leases/set_aside.ts";
import { ShardRoom } from "./leases/shard_room.ts";
import { STORE_OUTAGE_MS } from "./leases/store_outage.ts";
import type { ResolvedConsumerOptions } from "./options/resolved_options.ts";
import type { SharedByShards } from "./session_parts.ts";
import {
  ShardDirectory,
  type ShardDirectoryWork,
} from "./shards/shard_directory.ts";
import { ShardWork } from "./shards/shard_work.ts";

/** Writes of held leases at once. More would wait for one another in the store. */
const LEASE_WRITES = { atOnce: 32, patienceMs: 250 };

/** What the parts of a coordinator share. */
export interface StreamParts<T> {
  /** The options of the stream. */
  readonly options: ResolvedConsumerOptions<T>;
  /** What the shards of all streams share. */
  readonly shared: SharedByShards;
  /** Aborts when the worker stops. */
  readonly signal: AbortSignal;
  /** The leases as they were last seen. */
  readonly table: LeaseTable;
  /** The leases that this worker and others have asked for. */
  readonly requests: LeaseRequests;
  /** What is done for each shard alone. */
  readonly work: ShardDirectoryWork;
  /** The shards that exist or have a lease. */
  readonly directory: ShardDirectory;
  /** Bounds how many shards this worker reads. */
  readonly room: ShardRoom;
  /** Shards that this worker has given up. */
  readonly setAside: SetAside;
  /** The shards that this worker reads. */
  readonly sessions: HeldSessions<T>;
  /** Bounds how many held leases are written at once. */
  readonly writes: Admission;
}

/** What happens in the work for single shards. */
export interface WorkEvents {
  /** Work is done that the loop has stopped waiting for. */
  onLate(): void;
  /** A lease could not be written for 10 minutes. */
  onGivenUp(error: unknown): void;
}

/** Makes the parts. Nothing is read or written yet. */
export function connectParts<T>(
  options: ResolvedConsumerOptions<T>,
  shared: SharedByShards,
  signal: AbortSignal,
  { onLate, onGivenUp }: WorkEvents,
): StreamParts<T> {
  const { clock } = options;
  const table = new LeaseTable(options);
  const endless = { signal, onLate };
  const limited = { ...endless, limitMs: STORE_OUTAGE_MS, onGivenUp };
  const work = {
    rows: new ShardWork(options, limited),
    deletions: new ShardWork(options, endless),
    lookups: new ShardWork(options, endless),
  };
  const writes = new Admission({ ...LEASE_WRITES, clock });
  return {
    options,
    shared,
    signal,
    table,
    requests: new LeaseRequests(options, table),
    work,
    directory: new ShardDirectory(options, table, work, signal),
    room: new ShardRoom(options),
    setAside: new SetAside(options),
    sessions: new HeldSessions(table, writes),
    writes,
  };
}
