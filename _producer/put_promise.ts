/**
 * The promise of a `put`, which knows whether a caller awaits it.
 *
 * @module
 */
import type { FailedValue, PutReceipt } from "../records.ts";
import type { Outcome } from "./pending.ts";
import type { FailedPut, UntoldFailures } from "./untold_failures.ts";

type Resolve = (receipt: PutReceipt) => void;
type Reject = (error: unknown) => void;

let lastResolve: Resolve;
let lastReject: Reject;
/** One function for all promises, which costs less than a closure for each. */
const executor = (resolve: Resolve, reject: Reject): void => {
  lastResolve = resolve;
  lastReject = reject;
};

/** A failure that the promise has not been rejected with yet. */
interface HeldFailure {
  readonly error: unknown;
  /** Set if the whole producer has failed, and no caller was told of that yet. */
  readonly end: { tellEnd(): void } | undefined;
}

/**
 * A promise that is rejected only if a caller awaits it. Otherwise the failure is held, and becomes
 * an unhandled rejection only if it is not told in another way.
 *
 * By the ECMAScript standard, `await`, `then`, `catch`, `finally`, `Promise.all` and its relatives
 * read the property `constructor` of a promise. So a getter of that property learns that a caller
 * awaits the promise. The getter returns `Promise`: derived promises are plain ones, and `await` is
 * as fast as for a plain promise. Overriding `then` would make each `await` create one more
 * promise.
 */
export class PutPromise<T> extends Promise<PutReceipt>
  implements Outcome<T>, FailedPut {
  readonly #fulfill: Resolve;
  readonly #fail: Reject;
  #isAwaited = false;
  #held: HeldFailure | undefined = undefined;

  /** Starts pending. */
  constructor() {
    super(executor);
    this.#fulfill = lastResolve;
    this.#fail = lastReject;
  }

  /** Notes that a caller awaits the promise. */
  override get ["constructor"](): PromiseConstructor {
    this.#isAwaited = true;
    if (this.#held) this.raise();
    return Promise;
  }

  /** Whether a caller awaits the promise, or has awaited it. */
  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  /** Fulfills the promise. */
  resolve(receipt: PutReceipt): void {
    this.#fulfill(receipt);
  }

  /**
   * Rejects the promise if a caller awaits it. Otherwise holds the failure, and `untold` keeps it.
   */
  reject(
    error: unknown,
    failed?: FailedValue<T>,
    untold?: UntoldFailures<T>,
  ): void {
    if (this.#held) return;
    this.#held = { error, end: failed ? undefined : untold };
    if (this.#isAwaited) this.raise();
    else untold?.add(this, failed);
  }

  /** Rejects the promise of a value that was not accepted. No other method tells of that. */
  refuse(error: unknown): void {
    if (!this.#held) this.#fail(error);
  }

  /** Rejects the promise with the held failure. */
  raise(): void {
    const { error, end } = this.#held!;
    end?.tellEnd();
    this.#fail(error);
  }
}
