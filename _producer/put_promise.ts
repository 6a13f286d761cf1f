/**
 * The promise of a `put`, which knows whether anybody waits for it.
 *
 * @module
 */
import type { FailedValue, PutReceipt } from "../records.ts";
import type { Outcome } from "./pending.ts";
import type { Untold } from "./untold.ts";

type Resolve = (receipt: PutReceipt) => void;
type Reject = (error: unknown) => void;

let lastResolve: Resolve;
let lastReject: Reject;
/** One function for all promises, which costs less than a closure for each. */
const executor = (resolve: Resolve, reject: Reject): void => {
  lastResolve = resolve;
  lastReject = reject;
};

/**
 * A promise whose rejection is held while nobody waits for it: it becomes an unhandled rejection only if the failure is not
 * told in another way.
 */
export class PutPromise<T> extends Promise<PutReceipt> implements Outcome<T> {
  /** Promises that are derived from it are plain ones. */
  static override readonly [Symbol.species]: PromiseConstructor = Promise;

  readonly #untold: Untold<T>;
  readonly #fulfill: Resolve;
  readonly #fail: Reject;
  #watched = false;
  #error: unknown = undefined;
  #state: "open" | "given up" | "ended" = "open";

  /** Makes a pending promise; `untold` keeps a failure that nobody waits for. */
  constructor(untold: Untold<T>) {
    super(executor);
    this.#untold = untold;
    this.#fulfill = lastResolve;
    this.#fail = lastReject;
  }

  /** Whether anybody waits for it, or has. */
  get watched(): boolean {
    return this.#watched;
  }

  /** Kinesis has acknowledged the value. */
  resolve(receipt: PutReceipt): void {
    this.#fulfill(receipt);
  }

  /** The value has been given up, or the producer has failed; `told` says that another promise tells of it. */
  reject(error: unknown, failed?: FailedValue<T>, told = false): void {
    if (this.#state !== "open") return;
    this.#state = failed ? "given up" : "ended";
    this.#error = error;
    if (this.#watched) this.raise();
    else if (!told) this.#untold.add(this, failed);
  }

  /** The value was not even accepted: nothing else tells of it. */
  refuse(error: unknown): void {
    if (this.#state === "open") this.#fail(error);
  }

  /** Rejects, whether anybody waits or not. */
  raise(): void {
    if (this.#state === "ended") this.#untold.endIsTold = true;
    this.#fail(this.#error);
  }

  /** Waits for it, as `await`, `catch` and `Promise.all` do. */
  override then<A = PutReceipt, B = never>(
    onFulfilled?: ((receipt: PutReceipt) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#watched = true;
    if (this.#state !== "open") this.raise();
    return super.then(onFulfilled, onRejected);
  }
}
