/**
 * Ends the reading of single shards: they are finished, lost, given up, or give way to others.
 *
 * @module
 */
import { LeaseLostError } from "../../errors.ts";
import type { ChildLeases } from "../shards/shard_directory.ts";
import type { ShardSession } from "../shard_session.ts";
import type { StreamParts } from "../stream_parts.ts";

/** What {@linkcode ShardExits} works with. */
export type ShardExitsParts<T> = Pick<
  StreamParts<T>,
  | "directory"
  | "options"
  | "room"
  | "sessions"
  | "setAside"
  | "signal"
  | "table"
  | "work"
>;

/** Ends sessions one by one. When the consumer closes, `HeldSessions.closeAll` ends the others. */
export class ShardExits<T> {
  readonly #parts: ShardExitsParts<T>;
  readonly #onExit: () => void;
  readonly #givingUp = new Set<Promise<void>>();

  /** Calls `onExit` when a session was dropped or given up: another worker may take its shard. */
  constructor(parts: ShardExitsParts<T>, onExit: () => void) {
    this.#parts = parts;
    this.#onExit = onExit;
  }

  /** Stops reading a shard whose lease is lost. */
  drop(session: ShardSession<T>): void {
    if (this.#parts.sessions.drop(session)) this.#onExit();
  }

  /**
   * Stops reading the shards whose leases another worker has taken since. That worker may have
   * given a lease back already: this worker could take it again before its own renewal finds out.
   */
  dropLost(): void {
    const { options, sessions, table } = this.#parts;
    for (const session of sessions.all) {
      const stored = table.leases.get(session.shardId);
      if (
        stored && stored.owner !== options.workerId &&
        stored.counter > session.lease.stored.counter
      ) this.drop(session);
    }
  }

  /** Stops reading a shard of an earlier stream, whose lease is about to be replaced. */
  stopReading(shardId: string): void {
    const session = this.#parts.sessions.byShard.get(shardId);
    if (!session) return;
    session.lease.lose();
    this.drop(session);
  }

  /**
   * Gives a lease back, because the values of its shard cannot be processed here. This worker takes
   * it again after a pause, if no other worker has taken it.
   */
  giveUp(session: ShardSession<T>, reason: Error): void {
    const { sessions, setAside, signal } = this.#parts;
    if (signal.aborted) return;
    setAside.add(session.shardId);
    const done = sessions.giveUp(session, reason).then(() => {
      this.#givingUp.delete(done);
      this.#onExit();
    });
    this.#givingUp.add(done);
  }

  /**
   * Stores SHARD_END for the shards that are processed to their end, and whose children have leases.
   * Resolves with the ids of the processed shards whose children are not listed yet.
   */
  async finish(): Promise<string[]> {
    const { sessions } = this.#parts;
    const waiting: string[] = [];
    const finished: ShardSession<T>[] = [];
    await Promise.all(sessions.all.map(async (session) => {
      if (!session.isFinished) return;
      const leases = await this.#childLeases(session);
      if (leases === "stored") finished.push(session);
      // A lease that is not stored is tried again by itself.
      else if (leases === "not-listed") waiting.push(session.shardId);
    }));
    await this.#writeEach(finished, (session) => sessions.finish(session));
    return waiting;
  }

  /** Gives back shards that were read as far as `until` says, if others wait for their places. */
  async giveWay(): Promise<void> {
    const { room, sessions } = this.#parts;
    const giving = room.givingWay(sessions.all);
    await this.#writeEach(giving, async (session) => {
      await sessions.giveBack(session);
      room.pass(session.shardId);
    });
  }

  /** Resolves when no lease is being given up any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#givingUp);
  }

  async #writeEach(
    sessions: readonly ShardSession<T>[],
    write: (session: ShardSession<T>) => Promise<void>,
  ): Promise<void> {
    await this.#parts.work.rows.run(sessions, async (session) => {
      try {
        await write(session);
      } catch (error) {
        if (!(error instanceof LeaseLostError)) throw error;
        this.drop(session);
      }
    });
  }

  async #childLeases(
    { shardId, childShardIds, hasExpired }: ShardSession<T>,
  ): Promise<ChildLeases> {
    const { directory, signal } = this.#parts;
    return hasExpired
      ? "stored"
      : await directory.childLeases(shardId, childShardIds, signal);
  }
}
