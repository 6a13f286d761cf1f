/**
 * Requests with entries, of which the service judges each one alone: acknowledgements, changes of
 * the visibility, and restored dead letters.
 *
 * @module
 */
import { type Backoff, equalJitter, type Random } from "../_core/backoff.ts";
import { type Clock, monotonicNow } from "../_core/clock.ts";
import { type Deferred, deferred } from "../_core/deferred.ts";
import { Deque } from "../_core/deque.ts";
import { textOf } from "../_core/text_of.ts";
import { NOT_FOUND } from "../_aws/service_error.ts";
import { KinesisError } from "../errors.ts";

/** The most entries of a request. */
const MOST_ENTRIES = 10;
/** The most requests at a time. Further entries wait, and fill the next requests. */
const MOST_REQUESTS = 8;
/** How long an entry waits for others, in milliseconds. */
const LINGER_MS = 20;
/** The pauses after requests or entries that the service could not serve. */
const BACKOFF: Backoff = { baseMs: 200, maxMs: 5000 };
/** The codes of entries that may succeed later. */
const LATER = new Set(["ThrottlingException", "InternalFailureException"]);

/** One entry of a request. */
export interface Entry {
  readonly ReceiptHandle: string;
  readonly VisibilityTimeoutSeconds?: number;
}

/** The answer of the service. */
export interface EntriesAnswer {
  readonly Successful?: readonly { readonly ReceiptHandle: string }[];
  readonly Failed?: readonly {
    readonly ReceiptHandle: string;
    readonly ErrorCode: string;
    readonly ErrorMessage?: string;
  }[];
}

/** What a request has done, for hooks. */
export interface EntriesEvent {
  readonly entries: number;
  readonly failed: number;
  readonly durationMs: number;
  readonly error: unknown;
}

/** What became of an entry. */
export interface EntryOutcome {
  /** When the last request with the entry was sent, by the monotonic clock. */
  readonly sentAt: number;
  /** Why the service has not done it. Absent if it has. */
  readonly error?: KinesisError;
}

/** What an {@linkcode EntryBatcher} works with. */
export interface EntryBatcherParts {
  /** The action, for messages. */
  readonly action: string;
  /** Sends a request. */
  readonly send: (entries: readonly Entry[]) => Promise<EntriesAnswer>;
  readonly clock: Clock;
  readonly random: Random;
  /** Called after each request. */
  readonly onRequest: (event: EntriesEvent) => void;
  /**
   * Whether an entry is done that the service does not know any more after a request whose answer was
   * lost: that request has served it.
   */
  readonly isDoneIfGone: boolean;
  /** The service refuses the requests for a reason that does not pass. */
  readonly onRefused: (error: KinesisError) => void;
}

interface Waiting {
  readonly entry: Entry;
  /** After this time the entry is of no use, by the monotonic clock. */
  readonly usefulUntil: number;
  readonly outcome: Deferred<EntryOutcome>;
  /** Whether the answer of an earlier request with the entry was lost. */
  isUncertain: boolean;
}

/** Puts entries into requests of ten, and sends those again that the service could not serve. */
export class EntryBatcher {
  readonly #parts: EntryBatcherParts;
  readonly #waiting = new Deque<Waiting>();
  /** The entries of each request that has no answer yet. */
  readonly #requests = new Set<readonly Waiting[]>();
  #linger: unknown;
  /** Failures in a row. */
  #failures = 0;
  #isPaused = false;
  #pause: unknown;
  #stopped: KinesisError | undefined;

  /** Sends nothing yet. */
  constructor(parts: EntryBatcherParts) {
    this.#parts = parts;
  }

  /** Resolves with what became of the entry. Never rejects. */
  add(entry: Entry, usefulUntil: number): Promise<EntryOutcome> {
    const outcome = deferred<EntryOutcome>();
    this.#waiting.push({ entry, usefulUntil, outcome, isUncertain: false });
    this.#pump();
    return outcome.promise;
  }

  /** Sends the entries that wait for others, as far as requests are allowed. */
  hurry(): void {
    while (this.#mayStart) this.#sendNext();
  }

  /**
   * Sends nothing more. Entries without an answer have this outcome at once, also those of a request
   * under way, which the service may still serve.
   */
  stop(error: KinesisError): void {
    const { clock } = this.#parts;
    this.#stopped = error;
    clock.clearTimeout(this.#linger);
    clock.clearTimeout(this.#pause);
    const sentAt = monotonicNow(clock);
    while (this.#waiting.length > 0) {
      this.#waiting.shift()!.outcome.resolve({ sentAt, error });
    }
    for (const { outcome } of [...this.#requests].flat()) {
      outcome.resolve({ sentAt, error });
    }
  }

  get #mayStart(): boolean {
    return this.#waiting.length > 0 && !this.#isPaused &&
      this.#requests.size < MOST_REQUESTS;
  }

  #pump(): void {
    if (this.#stopped && this.#waiting.length > 0) this.stop(this.#stopped);
    while (this.#mayStart && this.#waiting.length >= MOST_ENTRIES) {
      this.#sendNext();
    }
    if (!this.#mayStart) return;
    this.#linger ??= this.#parts.clock.setTimeout(() => {
      this.#linger = undefined;
      if (this.#mayStart) this.#sendNext();
    }, LINGER_MS);
  }

  #sendNext(): void {
    const now = monotonicNow(this.#parts.clock);
    const batch: Waiting[] = [];
    const handles = new Set<string>();
    const later: Waiting[] = [];
    while (batch.length < MOST_ENTRIES && this.#waiting.length > 0) {
      const waiting = this.#waiting.shift()!;
      const { entry: { ReceiptHandle }, usefulUntil, outcome } = waiting;
      if (usefulUntil <= now) {
        outcome.resolve({ sentAt: now, error: this.#tooLate() });
      } else if (handles.has(ReceiptHandle)) later.push(waiting);
      else {
        batch.push(waiting);
        handles.add(ReceiptHandle);
      }
    }
    for (const waiting of later.reverse()) this.#waiting.unshift(waiting);
    if (this.#waiting.length === 0) {
      this.#parts.clock.clearTimeout(this.#linger);
      this.#linger = undefined;
    }
    if (batch.length > 0) this.#send(batch, now);
  }

  /** Sends a request. Never rejects. */
  async #send(batch: readonly Waiting[], sentAt: number): Promise<void> {
    const { send, clock, onRequest } = this.#parts;
    let failed = batch.length;
    let error: unknown;
    this.#requests.add(batch);
    try {
      failed = this.#apply(
        batch,
        await send(batch.map(({ entry }) => entry)) ?? {},
        sentAt,
      );
    } catch (cause) {
      error = cause;
      this.#applyFailure(batch, cause, sentAt);
    }
    this.#requests.delete(batch);
    const durationMs = monotonicNow(clock) - sentAt;
    onRequest({ entries: batch.length, failed, durationMs, error });
    this.#pump();
  }

  #apply(
    batch: readonly Waiting[],
    { Successful = [], Failed = [] }: EntriesAnswer,
    sentAt: number,
  ): number {
    const done = new Set(Successful.map(({ ReceiptHandle }) => ReceiptHandle));
    const failures = new Map(
      Failed.map((failure) => [failure.ReceiptHandle, failure]),
    );
    const again: Waiting[] = [];
    let failed = 0;
    for (const waiting of batch) {
      const { ReceiptHandle } = waiting.entry;
      const failure = failures.get(ReceiptHandle);
      const isDone = failure === undefined
        ? done.has(ReceiptHandle)
        : this.#isDone(waiting, failure.ErrorCode);
      if (isDone) {
        waiting.outcome.resolve({ sentAt });
        continue;
      }
      failed++;
      // An answer that names an entry in neither list leaves open what became of it.
      if (!failure) waiting.isUncertain = true;
      if (!failure || LATER.has(failure.ErrorCode)) again.push(waiting);
      else {
        const { ErrorCode: code, ErrorMessage: message } = failure;
        const error = new KinesisError(
          `Cannot ${this.#parts.action} an entry: ${code}${
            message ? `: ${message}` : ""
          }`,
          { code },
        );
        waiting.outcome.resolve({ sentAt, error });
      }
    }
    if (again.length === 0) this.#failures = 0;
    else this.#sendAgain(again);
    return failed;
  }

  /** Whether a failure means that an earlier request, whose answer was lost, has served an entry. */
  #isDone({ isUncertain }: Waiting, code: string): boolean {
    return this.#parts.isDoneIfGone && isUncertain && code === NOT_FOUND;
  }

  #applyFailure(
    batch: readonly Waiting[],
    cause: unknown,
    sentAt: number,
  ): void {
    const error = cause instanceof KinesisError ? cause : new KinesisError(
      `Cannot ${this.#parts.action}: ${textOf(cause)}`,
      { code: "Unexpected", cause },
    );
    if (error.retryable) {
      for (const waiting of batch) waiting.isUncertain = true;
      return this.#sendAgain(batch);
    }
    for (const { outcome } of batch) outcome.resolve({ sentAt, error });
    this.#parts.onRefused(error);
  }

  #sendAgain(entries: readonly Waiting[]): void {
    for (const entry of [...entries].reverse()) this.#waiting.unshift(entry);
    if (this.#isPaused || this.#stopped) return;
    const { clock, random } = this.#parts;
    this.#isPaused = true;
    const pauseMs = equalJitter(BACKOFF, this.#failures++, random);
    this.#pause = clock.setTimeout(() => {
      this.#isPaused = false;
      this.#pump();
    }, pauseMs);
  }

  #tooLate(): KinesisError {
    return new KinesisError(
      `Cannot ${this.#parts.action} an entry: its visibility timeout is over`,
      { code: "VisibilityLost" },
    );
  }
}
