/**
 * A checkpointer for a process that may die: after its death, no call reaches the store.
 *
 * @module
 */
import type {
  Checkpointer,
  CheckpointerCallOptions,
  HolderCallOptions,
  Lease,
  NewLease,
} from "../../checkpoint/mod.ts";
import type { Checkpoint } from "../../records.ts";
import type { Entry, EventLog } from "./event_log.ts";
import type { SeededChoices } from "./seeded_choices.ts";

/** Options of a {@linkcode MortalCheckpointer}. */
export interface MortalOptions {
  readonly inner: Checkpointer;
  readonly events: EventLog;
  /** The name of the life in the events. */
  readonly life: string;
  readonly choices: SeededChoices;
  /** Probability that a call fails. Half of the failures happen after the call took effect. */
  readonly failures: number;
}

/** Passes calls on to the store until its process dies. */
export class MortalCheckpointer implements Checkpointer {
  readonly #options: MortalOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  #dead = false;

  constructor(options: MortalOptions) {
    this.#options = options;
  }

  /** Ends the process. Calls that have reached the store go on, but their answers are lost. */
  kill(): void {
    this.#dead = true;
  }

  /** Resolves when the store has finished all calls of this process. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  list(streamName: string, options?: CheckpointerCallOptions) {
    return this.#pass(() => this.#options.inner.list(streamName, options));
  }

  create(lease: NewLease, options?: CheckpointerCallOptions) {
    return this.#pass(() => this.#options.inner.create(lease, options));
  }

  take(lease: Lease, owner: string, options?: CheckpointerCallOptions) {
    const { inner, events, life } = this.#options;
    return this.#pass(async () => {
      const taken = await inner.take(lease, owner, options);
      if (taken) {
        const { shardId, checkpoint } = taken;
        events.note({ type: "taken", life, shardId, checkpoint });
      }
      return taken;
    });
  }

  renew(lease: Lease, options?: HolderCallOptions) {
    return this.#pass(() => this.#options.inner.renew(lease, options));
  }

  checkpoint(
    lease: Lease,
    checkpoint: Checkpoint,
    options?: HolderCallOptions,
  ) {
    const { inner, events, life } = this.#options;
    const { shardId } = lease;
    return this.#pass(async () => {
      const entry: Entry & { type: "checkpoint" } = {
        type: "checkpoint",
        life,
        shardId,
        checkpoint,
        accepted: undefined,
      };
      events.note(entry);
      const stored = await inner.checkpoint(lease, checkpoint, options);
      entry.accepted = stored !== undefined;
      return stored;
    });
  }

  release(lease: Lease, options?: CheckpointerCallOptions) {
    return this.#pass(() => this.#options.inner.release(lease, options));
  }

  request(
    lease: Lease,
    requester: string | undefined,
    options?: CheckpointerCallOptions,
  ) {
    const { inner } = this.#options;
    return this.#pass(() => inner.request(lease, requester, options));
  }

  replace(lease: Lease, next: NewLease, options?: CheckpointerCallOptions) {
    return this.#pass(() => this.#options.inner.replace(lease, next, options));
  }

  delete(lease: Lease, options?: CheckpointerCallOptions) {
    return this.#pass(() => this.#options.inner.delete(lease, options));
  }

  async #pass<R>(call: () => Promise<R>): Promise<R> {
    const { choices, failures } = this.#options;
    if (this.#dead) throw new Error("The process is dead");
    const fails = choices.chance(failures);
    if (fails && choices.chance(0.5)) throw new Error("Not stored (injected)");
    const done = call();
    this.#underWay.add(done);
    try {
      const result = await done;
      if (this.#dead) throw new Error("The process is dead");
      if (fails) throw new Error("Stored, but the answer is lost (injected)");
      return result;
    } finally {
      this.#underWay.delete(done);
    }
  }
}
