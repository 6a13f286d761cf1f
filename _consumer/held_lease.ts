/**
 * A lease in our hands: one write after another, none of them for ever.
 *
 * @module
 */
import { type Clock, monotonicNow } from "../_core/clock.ts";
import { withTimeLimit } from "./time_limit.ts";
import type {
  Checkpointer,
  CheckpointerCallOptions,
  Lease,
} from "../checkpoint/mod.ts";
import { LeaseLostError, TimeoutError } from "../errors.ts";
import type { Checkpoint } from "../records.ts";

/** What a {@linkcode HeldLease} needs besides the lease. */
export interface HeldLeaseOptions {
  /** Time. */
  readonly clock: Clock;
  /** A call that takes longer has failed, in milliseconds. */
  readonly timeoutMs: number;
  /** When the lease was taken, in milliseconds. @default {now} */
  readonly takenAt?: number;
  /**
   * Looks at the leases of the stream; many leases may share one look that starts when it is asked for, or later.
   * Default: a list call for this lease alone.
   */
  readonly list?: (call: CheckpointerCallOptions) => Promise<readonly Lease[]>;
}

/** A conditional write of the lease. */
type Write = (
  lease: Lease,
  call: CheckpointerCallOptions,
) => Promise<Lease | undefined>;

/** The right to work on a shard, until it is lost or given back. */
export class HeldLease {
  readonly #checkpointer: Checkpointer;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #list: NonNullable<HeldLeaseOptions["list"]>;
  #lease: Lease;
  #writing: Promise<unknown> = Promise.resolve();
  #confirmedAt: number;
  /** The answer to the last write did not arrive: it may have happened. */
  #inDoubt = false;
  /** A write that was given up may still arrive. Over with the next accepted one: the counter has passed it. */
  #mayBeLate = false;
  #released = false;
  #lostError: LeaseLostError | undefined;

  /** Takes over a lease that {@linkcode Checkpointer.take} returned. */
  constructor(
    lease: Lease,
    checkpointer: Checkpointer,
    { clock, timeoutMs, takenAt = monotonicNow(clock), list }: HeldLeaseOptions,
  ) {
    this.#list = list ??
      ((call) => checkpointer.list(lease.streamName, call));
    this.#timeoutMs = timeoutMs;
    this.#lease = lease;
    this.#checkpointer = checkpointer;
    this.#clock = clock;
    this.#confirmedAt = takenAt;
  }

  /** The shard. */
  get shardId(): string {
    return this.#lease.shardId;
  }

  /** The lease as it is stored, as far as is known. */
  get stored(): Lease {
    return this.#lease;
  }

  /** Whether nobody but this holder has written the lease since, as far as can be told from what is stored now. */
  isStill({ owner, counter }: Lease): boolean {
    const late = this.#inDoubt || this.#mayBeLate ? 1 : 0;
    return owner === this.#lease.owner && counter >= this.#lease.counter &&
      counter <= this.#lease.counter + late;
  }

  /** When the last accepted write was sent, in milliseconds: from then on the others count. */
  get confirmedAt(): number {
    return this.#confirmedAt;
  }

  /** Shows the others that this worker is alive. Does nothing once the lease is being given back. */
  renew(): Promise<void> {
    if (this.#released) return Promise.resolve();
    return this.#write((lease, call) => this.#checkpointer.renew(lease, call));
  }

  /** Stores progress. Rejects with a {@linkcode LeaseLostError} if the lease is not ours any more: nothing is written then. */
  write(checkpoint: Checkpoint): Promise<void> {
    return this.#write((lease, call) =>
      this.#checkpointer.checkpoint(lease, checkpoint, call)
    );
  }

  /** Gives the lease back. */
  release(): Promise<void> {
    this.#released = true;
    return this.#write((lease, call) =>
      this.#checkpointer.release(lease, call)
    );
  }

  /** Declares the lease lost: no write is tried any more. */
  lose(cause?: unknown): LeaseLostError {
    const { shardId } = this.#lease;
    return this.#lostError ??= new LeaseLostError(
      `Cannot go on with ${shardId} as its lease is not ours any more: ` +
        "another worker has it, or may have it",
      { shardId, cause },
    );
  }

  #write(write: Write): Promise<void> {
    // One at a time: each write needs the counter that the one before made.
    const done = this.#writing.then(() => this.#attempt(write));
    this.#writing = done.catch(() => {});
    return done;
  }

  async #attempt(write: Write): Promise<void> {
    if (this.#lostError) throw this.#lostError;
    if (this.#inDoubt) await this.#learn();
    if (await this.#send(write)) return;
    // Refused: by our own earlier write that arrived after we looked, or by another worker.
    if (!this.#mayBeLate) throw this.lose();
    await this.#learn();
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
    return true;
  }

  // A write that was answered by silence has either moved the counter by one, or not at all.
  async #learn(): Promise<void> {
    const { shardId } = this.#lease;
    const leases = await this.#inTime((signal) => this.#list({ signal }));
    const stored = leases.find((lease) => lease.shardId === shardId);
    if (!stored || !this.isStill(stored)) throw this.lose();
    this.#lease = stored;
    this.#inDoubt = false;
  }

  // A backend that hangs must not keep a lease that has long been somebody else's.
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
