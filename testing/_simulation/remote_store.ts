/**
 * The way from a machine of a simulation to the store of checkpoints.
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
import type { CallFate, Machine, Way } from "./machine.ts";

/** The name of a method of {@linkcode Checkpointer}. */
export type StoreAction = keyof Checkpointer;

/** What a {@linkcode RemoteStore} needs. */
export interface RemoteStoreOptions {
  /** The machine that calls. */
  readonly machine: Machine;
  /** The store. */
  readonly store: Checkpointer;
  /** Draws the way of a call, and what happens to it. */
  readonly draw: (action: StoreAction) => { way: Way; fate?: CallFate };
}

/** A checkpointer whose calls take virtual time, and may fail before or after they take effect. */
export class RemoteStore implements Checkpointer {
  readonly #options: RemoteStoreOptions;

  constructor(options: RemoteStoreOptions) {
    this.#options = options;
  }

  list(
    streamName: string,
    options?: CheckpointerCallOptions,
  ): Promise<Lease[]> {
    const { store } = this.#options;
    return this.#call("list", options, () => store.list(streamName));
  }

  create(
    lease: NewLease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean> {
    const { store } = this.#options;
    return this.#call("create", options, () => store.create(lease));
  }

  take(
    lease: Lease,
    owner: string,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    const { store } = this.#options;
    return this.#call("take", options, () => store.take(lease, owner));
  }

  renew(
    lease: Lease,
    options?: HolderCallOptions,
  ): Promise<Lease | undefined> {
    const { store } = this.#options;
    const load = { load: options?.load };
    return this.#call("renew", options, () => store.renew(lease, load));
  }

  checkpoint(
    lease: Lease,
    checkpoint: Checkpoint,
    options?: HolderCallOptions,
  ): Promise<Lease | undefined> {
    const { store } = this.#options;
    const load = { load: options?.load };
    return this.#call(
      "checkpoint",
      options,
      () => store.checkpoint(lease, checkpoint, load),
    );
  }

  release(
    lease: Lease,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    const { store } = this.#options;
    return this.#call("release", options, () => store.release(lease));
  }

  request(
    lease: Lease,
    requester: string | undefined,
    options?: CheckpointerCallOptions,
  ): Promise<Lease | undefined> {
    const { store } = this.#options;
    return this.#call(
      "request",
      options,
      () => store.request(lease, requester),
    );
  }

  replace(
    lease: Lease,
    next: NewLease,
    options?: CheckpointerCallOptions,
  ): Promise<boolean> {
    const { store } = this.#options;
    return this.#call("replace", options, () => store.replace(lease, next));
  }

  delete(lease: Lease, options?: CheckpointerCallOptions): Promise<boolean> {
    const { store } = this.#options;
    return this.#call("delete", options, () => store.delete(lease));
  }

  #call<R>(
    action: StoreAction,
    options: CheckpointerCallOptions | undefined,
    work: () => Promise<R>,
  ): Promise<R> {
    const { machine, draw } = this.#options;
    const { way, fate } = draw(action);
    return machine.call(work, way, { signal: options?.signal, fate });
  }
}
