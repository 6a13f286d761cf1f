/**
 * A lease in our hands: one write after another, and a signal that ends with it.
 *
 * @module
 */
import type { Clock } from "../_core/clock.ts";
import { startDeadline } from "../_core/deadline.ts";
import { raceAbort } from "../_core/race_abort.ts";
import type {
  Checkpointer,
  CheckpointerCallOptions,
  Lease,
} from "../checkpoint/mod.ts";
import { LeaseLostError, TimeoutError } from "../errors.ts";
import type { Checkpoint } from "../records.ts";

/** The right to work on a shard, until it is lost or given back. */
export class HeldLease {
  readonly #checkpointer: Checkpointer;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #lease: Lease;
  #writing: Promise<unknown> = Promise.resolve();
  #confirmedAt: number;
  /** The answer to the last write did not arrive: it may have happened. */
  #uncertain = false;
  #lostError: LeaseLostError | undefined;

  /** Takes over a lease that {@linkcode Checkpointer.take} returned. A write that takes longer than `timeoutMs` has failed. */
  constructor(
    lease: Lease,
    checkpointer: Checkpointer,
    { clock, timeoutMs }: { clock: Clock; timeoutMs: number },
  ) {
    this.#timeoutMs = timeoutMs;
    this.#lease = lease;
    this.#checkpointer = checkpointer;
    this.#clock = clock;
    this.#confirmedAt = clock.now();
  }

  /** The shard. */
  get shardId(): string {
    return this.#lease.shardId;
  }

  /** What is stored, as far as is known. */
  get checkpoint(): Checkpoint {
    return this.#lease.checkpoint;
  }

  /** When the lease was last seen to be ours, in milliseconds. */
  get confirmedAt(): number {
    return this.#confirmedAt;
  }

  /** Shows the others that this worker is alive. */
  renew(): Promise<void> {
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
    return this.#write((lease, call) =>
      this.#checkpointer.release(lease, call)
    );
  }

  /** Declares the lease lost: no write is tried any more. */
  lose(cause?: unknown): LeaseLostError {
    const { shardId } = this.#lease;
    return this.#lostError ??= new LeaseLostError(
      `Cannot go on with ${shardId} as another worker holds its lease now`,
      { shardId, cause },
    );
  }

  #write(
    operation: (
      lease: Lease,
      call: CheckpointerCallOptions,
    ) => Promise<Lease | undefined>,
  ): Promise<void> {
    // One at a time: each write needs the counter that the one before made.
    const done = this.#writing.then(async () => {
      if (this.#lostError) throw this.#lostError;
      if (this.#uncertain) await this.#learn();
      let next: Lease | undefined;
      try {
        next = await this.#inTime((call) => operation(this.#lease, call));
      } catch (error) {
        this.#uncertain = true;
        throw error;
      }
      if (!next) throw this.lose();
      this.#lease = next;
      this.#confirmedAt = this.#clock.now();
    });
    this.#writing = done.catch(() => {});
    return done;
  }

  // A write that was answered by silence has either moved the counter by one, or not at all.
  async #learn(): Promise<void> {
    const { streamName, shardId, owner, counter } = this.#lease;
    const leases = await this.#inTime((call) =>
      this.#checkpointer.list(streamName, call)
    );
    const stored = leases.find((lease) => lease.shardId === shardId);
    const ours = stored?.owner === owner &&
      (stored!.counter === counter || stored!.counter === counter + 1);
    if (!ours) throw this.lose();
    this.#lease = stored!;
    this.#uncertain = false;
  }

  // A backend that hangs must not keep a lease that has long been somebody else's.
  async #inTime<R>(
    call: (options: CheckpointerCallOptions) => Promise<R>,
  ): Promise<R> {
    const timeoutMs = this.#timeoutMs;
    const deadline = startDeadline(timeoutMs, () =>
      new TimeoutError(
        `Cannot write the lease of ${this.shardId}: no answer within ${timeoutMs} ms`,
        { timeoutMs },
      ), { clock: this.#clock });
    try {
      const { signal } = deadline;
      return await raceAbort(call({ signal }), signal);
    } finally {
      deadline.clear();
    }
  }
}
