/**
 * A lease that this worker holds. Its writes happen one after another, each within a time limit.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../../_core/clock.ts";
import { withTimeLimit } from "../../_core/time_limit.ts";
import type {
  Checkpointer,
  CheckpointerCallOptions,
  Lease,
  LeaseLoad,
} from "../../checkpoint/mod.ts";
import { LeaseLostError, TimeoutError } from "../../errors.ts";
import type { Checkpoint, FencingToken } from "../../records.ts";

/** Options of a {@linkcode HeldLease}. */
export interface HeldLeaseOptions {
  /** Measures the time. */
  readonly clock: Clock;
  /** The time limit of each call of the checkpointer, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * When the lease was taken, in milliseconds of the monotonic clock.
   * @default {now}
   */
  readonly takenAt?: number;
  /**
   * Called when the answer to a write shows that another worker asks for the lease.
   */
  readonly onRequested?: () => void;
  /**
   * Lists the leases of the stream. Many leases may share one list, if that starts after each of
   * them has asked. Default: a list for this lease alone.
   */
  readonly list?: (call: CheckpointerCallOptions) => Promise<readonly Lease[]>;
  /** How much work the shard is. Default, and until it is measured: the load that is stored. */
  readonly load?: () => LeaseLoad | undefined;
}

/** A conditional write of the lease. */
type Write = (
  lease: Lease,
  call: CheckpointerCallOptions,
) => Promise<Lease | undefined>;

/**
 * The right to read a shard, until it is lost or given back.
 *
 * Each write adds 1 to the counter of the lease and is accepted only with the current counter. If
 * no answer arrives, the write may have happened or not. So before the next write the stored
 * lease is read. Example: the counter is 7 and the answer of a renewal is lost. If the store has
 * this owner and 7 or 8, the lease is still held and the next write uses the stored counter. With
 * any other owner or counter the lease is lost.
 */
export class HeldLease {
  readonly #checkpointer: Checkpointer;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #list: NonNullable<HeldLeaseOptions["list"]>;
  readonly #onRequested: () => void;
  readonly #measured: NonNullable<HeldLeaseOptions["load"]>;
  /** The holder, and the counter when the lease was taken. */
  readonly fencingToken: FencingToken;
  #lease: Lease;
  #writing: Promise<unknown> = Promise.resolve();
  #confirmedAt: number;
  /** Whether the answer to the last write did not arrive, so the stored counter is not known. */
  #inDoubt = false;
  /**
   * Whether a write without an answer may still reach the store. The next accepted write ends this
   * state: it changes the counter, so the late write is refused.
   */
  #mayBeLate = false;
  #isReleased = false;
  #lostError: LeaseLostError | undefined;

  /** Takes over a lease that {@linkcode Checkpointer.take} returned. */
  constructor(
    lease: Lease,
    checkpointer: Checkpointer,
    { clock, timeoutMs, takenAt = monotonicNow(clock), ...rest }:
      HeldLeaseOptions,
  ) {
    const { list, load, onRequested = () => {} } = rest;
    this.#onRequested = onRequested;
    this.#measured = load ?? (() => undefined);
    this.#list = list ??
      ((call) => checkpointer.list(lease.streamName, call));
    this.#timeoutMs = timeoutMs;
    this.#lease = lease;
    this.fencingToken = { owner: lease.owner!, counter: lease.counter };
    this.#checkpointer = checkpointer;
    this.#clock = clock;
    this.#confirmedAt = takenAt;
  }

  /** The shard. */
  get shardId(): string {
    return this.#lease.shardId;
  }

  /** The lease as it was last known to be stored. */
  get stored(): Lease {
    return this.#lease;
  }

  /** How much work the shard is, as it is stored with each renewal and checkpoint. */
  get load(): LeaseLoad | undefined {
    return this.#measured() ?? this.#lease.load;
  }

  /** Whether a stored lease is the last one that this holder wrote, or may have written. */
  isStill({ owner, counter }: Lease): boolean {
    const late = this.#inDoubt || this.#mayBeLate ? 1 : 0;
    return owner === this.#lease.owner && counter >= this.#lease.counter &&
      counter <= this.#lease.counter + late;
  }

  /**
   * When the last accepted write was sent, in milliseconds of the monotonic clock. Other workers
   * wait `failoverTimeMs` from then on.
   */
  get confirmedAt(): number {
    return this.#confirmedAt;
  }

  /**
   * Shows other workers that this worker is alive. Does nothing after {@linkcode
   * HeldLease.release}.
   */
  renew(): Promise<void> {
    if (this.#isReleased) return Promise.resolve();
    return this.#write((lease, call) =>
      this.#checkpointer.renew(lease, { ...call, load: this.load })
    );
  }

  /**
   * Stores a checkpoint.
   *
   * @throws {LeaseLostError} if another worker has the lease; nothing is written then
   */
  write(checkpoint: Checkpoint): Promise<void> {
    return this.#write((lease, call) =>
      this.#checkpointer.checkpoint(lease, checkpoint, {
        ...call,
        load: this.load,
      })
    );
  }

  /** Gives the lease back. */
  release(): Promise<void> {
    this.#isReleased = true;
    return this.#write((lease, call) =>
      this.#checkpointer.release(lease, call)
    );
  }

  /** Makes another worker the holder. Later writes reject, also those that have begun to wait. */
  async passTo(requester: string): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    await this.#write((lease, call) =>
      this.#checkpointer.take(lease, requester, call)
    );
    // Without this, the store would accept them: they are of the stored owner and counter.
    this.lose();
  }

  /** Declares the lease lost. Later writes reject with the returned error. */
  lose(cause?: unknown): LeaseLostError {
    const { shardId } = this.#lease;
    return this.#lostError ??= new LeaseLostError(
      `Cannot go on with ${shardId} as its lease is not ours any more: ` +
        "another worker has it, or may have it",
      { shardId, cause },
    );
  }

  #write(write: Write): Promise<void> {
    // One at a time, because each write needs the counter that the previous write has made.
    const done = this.#writing.then(() => this.#attempt(write));
    this.#writing = done.catch(() => {});
    return done;
  }

  async #attempt(write: Write): Promise<void> {
    if (this.#lostError) throw this.#lostError;
    if (this.#inDoubt) await this.#readStored();
    if (await this.#send(write)) return;
    // Refused because the counter has moved: an earlier write of this holder reached the store
    // after it was read, or another worker has the lease.
    if (!this.#mayBeLate) throw this.lose();
    await this.#readStored();
    if (!await this.#send(write)) throw this.lose();
  }

  /** Resolves with whether the write was accepted. */
  async #send(write: Write): Promise<boolean> {
    const sentAt = monotonicNow(this.#clock);
    let next: Lease | undefined;
    try {
      next = await this.#inTime((signal) => write(this.#lease, { signal }));
    } catch (error) {
      this.#inDoubt = this.#mayBeLate = true;
      throw error;
    }
    if (!next) return false;
    if (this.#lostError) throw this.#lostError;
    this.#lease = next;
    this.#confirmedAt = sentAt;
    this.#mayBeLate = false;
    if (next.requestedBy !== undefined) this.#onRequested();
    return true;
  }

  /** Reads which counter is stored. Throws if another worker has the lease. */
  async #readStored(): Promise<void> {
    const { shardId } = this.#lease;
    const leases = await this.#inTime((signal) => this.#list({ signal }));
    const stored = leases.find((lease) => lease.shardId === shardId);
    if (!stored || !this.isStill(stored)) throw this.lose();
    this.#lease = stored;
    this.#inDoubt = false;
  }

  // Limited, because with a store that hangs this worker would go on reading after its lease has
  // expired and another worker has taken it.
  #inTime<R>(call: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const timeoutMs = this.#timeoutMs;
    return withTimeLimit(call, {
      ms: timeoutMs,
      clock: this.#clock,
      onTimeout: () =>
        new TimeoutError(
          `Cannot write the lease of ${this.shardId}: no answer of the checkpointer within ` +
            `${Math.round(timeoutMs)} ms, a third of 'failoverTimeMs'. ` +
            "If the store is that slow, raise 'failoverTimeMs' for all workers",
          { timeoutMs },
        ),
    });
  }
}
