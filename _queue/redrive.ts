/**
 * Puts dead letters back into their queue.
 *
 * @module
 */
import { delay, monotonicNow } from "../_core/clock.ts";
import { FailureStreak } from "../_core/failure_streak.ts";
import { onAbort } from "../_core/on_abort.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { raceAbort } from "../_core/race_abort.ts";
import { signalOption } from "../_core/signal_option.ts";
import { settledWithin } from "../_core/settled_within.ts";
import type { QueueApiRecord } from "../client/mod.ts";
import { ClosedError, KinesisError } from "../errors.ts";
import type { QueueRecord } from "../records.ts";
import { kinesisRecordOf, queueNameOf } from "./api_record.ts";
import { EntryBatcher } from "./entry_batcher.ts";
import { HeldRecord } from "./held_record.ts";
import { deadLettersPart, type QueuePart } from "./queue_part.ts";
import { DeliveredQueueRecord } from "./record.ts";
import type { ResolvedQueueOptions } from "./resolved_options.ts";

/**
 * How long received dead letters are invisible, in seconds. Those that are kept are given back at
 * the end; after a crash they are visible again after this time.
 */
const VISIBILITY_SECONDS = 300;
/** How long a request waits for a dead letter, in seconds. */
const WAIT_SECONDS = 1;

/** The pauses after requests that failed. */
const BACKOFF = { baseMs: 200, maxMs: 10_000 };

/** How long the end waits for letters to be given back, in milliseconds. */
const RETURN_MS = 10_000;

/** The numbers of a redrive so far. */
export interface RedriveProgress {
  /** Dead letters that are back in the queue. */
  readonly restored: number;
  /**
   * Dead letters that stay: `where` was false for them, they could not be decoded for it, or they
   * were restored by this redrive and have become dead letters again.
   */
  readonly kept: number;
  /** Dead letters that the service would not restore, for example because they have expired. */
  readonly failed: number;
}

/** The numbers of a redrive. */
export type RedriveSummary = RedriveProgress;

/** Options of {@linkcode QueueConsumer.redrive}. */
export interface RedriveOptions<T> {
  /**
   * Which dead letters are restored. Called with each value; a record of several values is restored
   * if it is true for one of them. Without it, all are restored, and nothing is decoded.
   */
  where?: (
    record: Omit<QueueRecord<T>, "ack" | "retry" | "signal">,
  ) => boolean | PromiseLike<boolean>;
  /**
   * Most dead letters that are restored in a second. Below 10, they are restored one after another
   * or few at a time.
   * @default {100}
   */
  ratePerSecond?: number;
  /**
   * Ends after this number of restored dead letters.
   * @default {Infinity}
   */
  limit?: number;
  /** Called after each answer, up to ten dead letters. */
  onProgress?: (progress: RedriveProgress) => void;
  /** Ends the redrive. So does the `signal` of the consumer. */
  signal?: AbortSignal;
}

/** The options with their defaults. */
interface RedriveSettings<T> {
  readonly where: RedriveOptions<T>["where"];
  readonly ratePerSecond: number;
  readonly limit: number;
  readonly onProgress: RedriveOptions<T>["onProgress"];
  readonly signal: AbortSignal | undefined;
}

/** The settings, with the signal of the redrive itself. */
type RunSettings<T> = RedriveSettings<T> & { readonly signal: AbortSignal };

/** Restores dead letters until none is visible. */
export async function redrive<T>(
  options: ResolvedQueueOptions<T>,
  given: RedriveOptions<T>,
): Promise<RedriveSummary> {
  const settings = resolve(given);
  const part = deadLettersPart(options.client);
  const ending = new AbortController();
  const stopFollowing = [options.signal, settings.signal].map((signal) =>
    onAbort(signal, () => ending.abort(signal!.reason))
  );
  try {
    const { signal } = ending;
    signal.throwIfAborted();
    return await new Redrive(options, { ...settings, signal }, part).run();
  } finally {
    for (const stop of stopFollowing) stop();
  }
}

function resolve<T>(given: RedriveOptions<T>): RedriveSettings<T> {
  const check = new OptionCheck("Cannot redrive");
  check.object("options", given, [
    "where",
    "ratePerSecond",
    "limit",
    "onProgress",
    "signal",
  ]);
  return {
    where: check.type("where", given.where, "function"),
    ratePerSecond: check.number("ratePerSecond", given.ratePerSecond, {
      default: 100,
      least: 0.001,
    }),
    limit: check.number("limit", given.limit, {
      default: Infinity,
      least: 1,
      integer: true,
    }),
    onProgress: check.type("onProgress", given.onProgress, "function"),
    signal: signalOption(check, given),
  };
}

class Redrive<T> {
  readonly #options: ResolvedQueueOptions<T>;
  readonly #settings: RunSettings<T>;
  readonly #part: QueuePart;
  readonly #restoring: EntryBatcher;
  readonly #returning: EntryBatcher;
  readonly #queueName: string;
  #progress = { restored: 0, kept: 0, failed: 0 };
  /** Letters that are not to be restored again, by the ids of their records. */
  readonly #known = new Set<string>();
  /** The newest deliveries of letters that stay, by the ids of their records. */
  readonly #staying = new Map<string, string>();
  /** Letters in a row that were known. After as many as there are, all were seen. */
  #knownInARow = 0;
  readonly #failures: FailureStreak;
  #refusal: KinesisError | undefined;
  /** Letters whose return has no answer yet. */
  readonly #returns = new Set<Promise<unknown>>();
  /** When the last letters were asked for, by the monotonic clock. */
  #askedAt = -Infinity;
  /** When the next dead letter may be restored, by the monotonic clock. */
  #nextAt = -Infinity;

  constructor(
    options: ResolvedQueueOptions<T>,
    settings: RunSettings<T>,
    part: QueuePart,
  ) {
    this.#options = options;
    this.#settings = settings;
    this.#part = part;
    this.#queueName = queueNameOf(options.queueARN);
    this.#failures = new FailureStreak({
      backoff: BACKOFF,
      maxFailures: options.maxFailuresInARow,
      random: options.random,
    });
    this.#restoring = this.#batcher("restore", part.restore);
    this.#returning = this.#batcher(
      "change the visibility of",
      part.changeVisibility,
    );
  }

  async run(): Promise<RedriveSummary> {
    const { limit, onProgress, signal } = this.#settings;
    try {
      while (this.#progress.restored < limit) {
        await this.#pace();
        const letters = await this.#receive();
        if (letters.length === 0) break;
        await this.#decide(letters);
        onProgress?.({ ...this.#progress });
        if (this.#refusal) throw this.#refusal;
        // Only letters that were looked at before: they have become visible again.
        if (this.#knownInARow >= this.#known.size) break;
        signal.throwIfAborted();
      }
    } finally {
      this.#restoring.stop(new ClosedError("The redrive has ended"));
      this.#giveBack([...this.#staying.values()]);
      await this.#returned();
    }
    return { ...this.#progress };
  }

  /** Receives letters. Tries again after errors that pass. */
  async #receive(): Promise<readonly QueueApiRecord[]> {
    const { queueARN, clock } = this.#options;
    const { limit, ratePerSecond, signal } = this.#settings;
    for (;;) {
      this.#askedAt = monotonicNow(clock);
      try {
        const { QueueRecords } = await this.#part.receive({
          QueueARN: queueARN,
          Limit: Math.max(
            1,
            Math.min(
              10,
              limit - this.#progress.restored,
              Math.floor(ratePerSecond),
            ),
          ),
          WaitTimeSeconds: WAIT_SECONDS,
          VisibilityTimeoutSeconds: VISIBILITY_SECONDS,
        }, { signal });
        this.#failures.end();
        return QueueRecords ?? [];
      } catch (error) {
        if (!(error instanceof KinesisError && error.retryable)) throw error;
        await delay(this.#failures.pauseAfter(error), { clock, signal });
      }
    }
  }

  /** Restores some letters, and keeps the others. */
  async #decide(letters: readonly QueueApiRecord[]): Promise<void> {
    const chosen: QueueApiRecord[] = [];
    let at = 0;
    try {
      for (; at < letters.length; at++) {
        const letter = letters[at]!;
        const isKnown = this.#known.has(letter.RecordId);
        this.#knownInARow = isKnown ? this.#knownInARow + 1 : 0;
        this.#known.add(letter.RecordId);
        if (!isKnown && await this.#isChosen(letter)) chosen.push(letter);
        else this.#keep(letter);
      }
    } catch (error) {
      this.#giveBack(
        [...chosen, ...letters.slice(at)].map((it) => it.ReceiptHandle),
      );
      throw error;
    }
    await this.#restore(chosen);
  }

  #keep({ RecordId, ReceiptHandle }: QueueApiRecord): void {
    if (!this.#staying.has(RecordId)) this.#progress.kept++;
    this.#staying.set(RecordId, ReceiptHandle);
  }

  async #restore(chosen: readonly QueueApiRecord[]): Promise<void> {
    const { clock } = this.#options;
    const { ratePerSecond, signal } = this.#settings;
    this.#nextAt = monotonicNow(clock) + chosen.length * 1000 / ratePerSecond;
    const usefulUntil = this.#askedAt + VISIBILITY_SECONDS * 1000;
    const restoring = chosen.map(({ ReceiptHandle }) =>
      this.#restoring.add({ ReceiptHandle }, usefulUntil)
    );
    this.#restoring.hurry();
    const outcomes = await raceAbort(Promise.all(restoring), signal)
      .catch((error) => {
        // Letters that a request under way restores are not counted.
        this.#giveBack(chosen.map(({ ReceiptHandle }) => ReceiptHandle));
        throw error;
      });
    chosen.forEach(({ RecordId, ReceiptHandle }, i) => {
      if (outcomes[i]!.error === undefined) {
        return void this.#progress.restored++;
      }
      this.#progress.failed++;
      // Given back at the end: before, this redrive would receive it again.
      this.#staying.set(RecordId, ReceiptHandle);
    });
  }

  async #isChosen(letter: QueueApiRecord): Promise<boolean> {
    const { where } = this.#settings;
    if (!where) return true;
    const { queueARN, processor } = this.#options;
    const items = await processor.unpack(
      kinesisRecordOf(letter, this.#queueName),
    );
    const held = new HeldRecord({
      receiptHandle: letter.ReceiptHandle,
      recordId: letter.RecordId,
      receiveCount: letter.ReceiveCount,
      bytes: letter.Data.length,
      receivedAt: 0,
      visibleAt: 0,
    }, () => {});
    const source = {
      queueARN,
      approximateArrivalTimestamp: letter.ApproximateArrivalTimestamp,
      firstReceiveTimestamp: letter.FirstReceiveTimestamp,
      held,
    };
    for (const item of items) {
      if (item.type !== "value") continue;
      const { bytes } = held.received;
      const record = new DeliveredQueueRecord(item, source, bytes);
      if (await where(record.toJSON())) return true;
    }
    return false;
  }

  /**
   * Waits until further letters may be restored. It waits before they are received, so none is held
   * meanwhile.
   */
  async #pace(): Promise<void> {
    const { clock } = this.#options;
    const waitMs = this.#nextAt - monotonicNow(clock);
    if (waitMs > 0) {
      await delay(waitMs, { clock, signal: this.#settings.signal });
    }
  }

  #giveBack(receiptHandles: readonly string[]): void {
    const usefulUntil = monotonicNow(this.#options.clock) +
      VISIBILITY_SECONDS * 1000;
    for (const ReceiptHandle of receiptHandles) {
      const entry = { ReceiptHandle, VisibilityTimeoutSeconds: 0 };
      const returning = this.#returning.add(entry, usefulUntil)
        .finally(() => this.#returns.delete(returning));
      this.#returns.add(returning);
    }
  }

  /** Waits a while for letters to be given back. Others are visible when their timeout is over. */
  async #returned(): Promise<void> {
    const { clock } = this.#options;
    this.#returning.hurry();
    const returned = Promise.all(this.#returns);
    await settledWithin(RETURN_MS, returned, clock);
    this.#returning.stop(new ClosedError("The redrive has ended"));
  }

  #batcher(action: string, send: QueuePart["restore"]): EntryBatcher {
    const { queueARN, clock, random } = this.#options;
    return new EntryBatcher({
      action,
      send: (entries) => send({ QueueARN: queueARN, Entries: [...entries] }),
      clock,
      random,
      onRequest: () => {},
      isDoneIfGone: action === "restore",
      onRefused: (error) => {
        this.#refusal ??= error;
      },
    });
  }
}
