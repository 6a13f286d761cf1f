/**
 * Takes leases and starts the sessions of their shards.
 *
 * @module
 */
import { monotonicNow } from "../../_core/clock.ts";
import type { Lease } from "../../checkpoint/mod.ts";
import { type ReaderFactory, readerFactory } from "../reading/readers.ts";
import { ShardSession } from "../shard_session.ts";
import type { StreamParts } from "../stream_parts.ts";
import type { Existence } from "../shards/shard_directory.ts";
import { startPosition } from "../shards/start_plan.ts";
import { type RelatedShard, Strays } from "../../_shards/strays.ts";
import { Balance } from "./balance.ts";
import { chooseClaims, type Claims } from "./claims.ts";
import { HeldLease } from "./held_lease.ts";
import { SharedRead } from "./shared_read.ts";

/** The pause after another worker was faster, in milliseconds. */
const LATE_MS = 500;

/** What happens in a session that {@linkcode ShardStarts} has started. */
export interface StartedEvents<T> {
  /** A session has changed its state, has more values, or has fewer unacknowledged values. */
  changed(session: ShardSession<T>): void;
  /** The values of a session cannot be processed here: its lease is to be given back. */
  givenUp(session: ShardSession<T>, reason: Error): void;
  /** The stream was deleted and created again: the leases are to be replaced. */
  replaced(): void;
  /** Another worker asks for the lease of a session. */
  requested(session: ShardSession<T>): void;
  /** The consumer cannot go on. */
  failed(error: unknown): void;
}

/** Starts sessions. */
export class ShardStarts<T> {
  readonly #parts: StreamParts<T>;
  readonly #events: StartedEvents<T>;
  readonly #newReader: ReaderFactory;
  /** Shared, because all leases ask for the list at once when the store answers after an outage. */
  readonly #leaseList: SharedRead<readonly Lease[]>;
  readonly #balance: Balance;

  /** Whether other workers have taken leases that this worker wanted. */
  #wasLate = false;

  /** Takes nothing yet. */
  constructor(parts: StreamParts<T>, events: StartedEvents<T>) {
    const { options, signal, table } = parts;
    this.#parts = parts;
    this.#events = events;
    this.#newReader = readerFactory(options, signal);
    this.#balance = new Balance(options);
    this.#leaseList = new SharedRead(() =>
      table.list(options.stream, { ms: options.failoverTimeMs / 3 })
    );
  }

  /**
   * Takes the leases that this worker should have, and starts their sessions. Asks living workers
   * for leases. `fresh` are the shards that may start at LATEST, if this worker is the first to
   * take their leases.
   */
  async claim(fresh: ReadonlySet<string>): Promise<void> {
    const { options, requests, table, work: { rows } } = this.#parts;
    const { take, ask } = this.#choose();
    if (ask.length > 0) this.#balance.noteAsked(monotonicNow(options.clock));
    this.#wasLate = false;
    await Promise.all([
      rows.run(take, (lease) => this.#take(lease, fresh)),
      rows.run(ask, (lease) => requests.ask(lease)),
    ]);
    table.own.noteClaimed();
  }

  /** The pause before the next look, in milliseconds, if there may be leases left to take. */
  get pauseMs(): number {
    const { options: { clock }, room } = this.#parts;
    const leftOverMs = room.nextLeftOverMs(monotonicNow(clock));
    return this.#wasLate ? Math.min(LATE_MS, leftOverMs) : leftOverMs;
  }

  async #take(claim: Lease, fresh: ReadonlySet<string>): Promise<void> {
    const { directory, options, requests, table } = this.#parts;
    const takenAt = monotonicNow(options.clock);
    const beginning = directory.beginningOf(claim.shardId);
    const lease = await table.take(claim, beginning);
    // Another worker was faster. The next look shows its lease, and what is left.
    if (!lease) {
      this.#wasLate = true;
      return;
    }
    requests.noteTaken(lease.shardId);
    this.#start(lease, takenAt, fresh.has(lease.shardId));
  }

  #choose(): Pick<Claims, "take" | "ask"> {
    const { directory, options, requests, room, setAside, table, work } =
      this.#parts;
    const { workerId, random, clock } = options;
    const sessions = this.#parts.sessions.byShard;
    const { rows } = work;
    const { underWay } = rows;
    const leases = directory.readable().filter(({ shardId }) =>
      sessions.has(shardId) ||
      !rows.isPaused(shardId) && !room.passed.has(shardId) &&
        !setAside.has(shardId)
    );
    const isExpired = (lease: Lease) => table.isExpired(lease);
    const working = new Set(sessions.keys());
    const left = room.beside(new Set([...working, ...underWay]).size);
    const now = monotonicNow(clock);
    const free = leases.filter((lease) =>
      !working.has(lease.shardId) && !underWay.has(lease.shardId) &&
      (lease.owner === undefined || isExpired(lease))
    );
    room.noteFree(free, left, now);
    const elsewhere = leases.filter((lease) =>
      !working.has(lease.shardId) && table.isHeld(lease.shardId)
    );
    const balance = this.#balance.look(elsewhere, now);
    const { take, isForLoad, ...chosen } = chooseClaims({
      workerId,
      leases: leases.map((lease) => requests.asSoon(lease)),
      isExpired,
      isResumable: (lease) =>
        table.own.isResumable(lease) || requests.isPassed(lease.shardId),
      working,
      taking: underWay,
      asked: requests.waiting,
      room: left,
      isLeftOver: (lease) => room.isLeftOver(lease, now),
      ...balance,
      random,
    });
    const isPaused = balance.isCalm || requests.waiting.size > 0;
    const isSteady = this.#balance.isSteady(isForLoad, isPaused, now);
    const ask = isForLoad && !isSteady ? [] : chosen.ask;
    const isAskable = (lease: Lease) => !requests.promisedTo(lease);
    const overdue = leases.filter(({ shardId }) =>
      requests.isOverdue(shardId) && !working.has(shardId)
    );
    return options.handoffTimeoutMs > 0
      ? { take: take.concat(overdue), ask: ask.filter(isAskable) }
      : { take: take.concat(ask), ask: [] };
  }

  #start(lease: Lease, takenAt: number, isFresh: boolean): void {
    const { directory, options, sessions, shared, signal } = this.#parts;
    const { checkpointer, clock, failoverTimeMs, from } = options;
    const events = this.#events;
    const held = new HeldLease(lease, checkpointer, {
      clock,
      timeoutMs: failoverTimeMs / 3,
      takenAt,
      list: () => this.#leaseList.ask(),
      onRequested: () => events.requested(session),
      load: () => session.load,
    });
    const session: ShardSession<T> = new ShardSession({
      lease: held,
      position: startPosition(lease, from, isFresh),
      options,
      shared,
      strays: Strays.of(directory.lineage, lease.shardId, leasedShard(lease)),
      existence: () => this.#existenceOf(held),
      newReader: this.#newReader,
    }, {
      changed: () => events.changed(session),
      failed: events.failed,
      givenUp: (reason) => events.givenUp(session, reason),
    });
    sessions.add(session);
    // If the consumer was closed meanwhile, close() gives this lease back with all others.
    if (!signal.aborted) session.start();
  }

  async #existenceOf(lease: HeldLease): Promise<Existence> {
    const existence = await this.#parts.directory.existence(lease.stored);
    if (existence === "replaced") this.#events.replaced();
    return existence;
  }
}

/**
 * The shard as its lease describes it. A list of shards may be older than the lease, which another
 * worker has created, so it may lack the shard.
 */
function leasedShard(
  { shardId, parentShardIds, hashKeyRange }: Lease,
): RelatedShard | undefined {
  return hashKeyRange && {
    ShardId: shardId,
    ParentShardId: parentShardIds[0],
    AdjacentParentShardId: parentShardIds[1],
    HashKeyRange: {
      StartingHashKey: hashKeyRange.startingHashKey,
      EndingHashKey: hashKeyRange.endingHashKey,
    },
  };
}
