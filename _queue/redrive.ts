/**
 * Puts dead letters back into their queue.
 *
 * @module
 */
import { delay, monotonicNow } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import { signalOption } from "../_core/signal_option.ts";
import { settledWithin } from "../_core/settled_within.ts";
import type { QueueApiRecord } from "../client/mod.ts";
import { ClosedError, type KinesisError } from "../errors.ts";
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

/** How long the end waits for letters to be given back, in milliseconds. */
const RETURN_MS = 10_000;

/** The numbers of a redrive so far. */
export interface RedriveProgress {
  /** Dead letters that are back in the queue. */
  readonly restored: number;
  /** Dead letters that stay: `where` was false for them, or they could not be decoded for it. */
  readonly kept: number;
  /** Dead letters that the service could not restore, for example because they have expired. */
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
  /** Most dead letters that are restored in a second. @default {100} */
  ratePerSecond?: number;
  /** Ends after this number of restored dead letters. @default {Infinity} */
  limit?: number;
  /** Called after each answer, up to ten dead letters. */
  onProgress?: (progress: RedriveProgress) => void;
  /** Ends the redrive. */
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

/** Restores dead letters until none is visible. */
export async function redrive<T>(
  options: ResolvedQueueOptions<T>,
  given: RedriveOptions<T>,
): Promise<RedriveSummary> {
  const settings = resolve(given);
  const part = deadLettersPart(options.client);
  settings.signal?.throwIfAborted();
  return await new Redrive(options, settings, part).run();
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
  readonly #settings: RedriveSettings<T>;
  readonly #part: QueuePart;
  readonly #restoring: EntryBatcher;
  readonly #returning: EntryBatcher;
  readonly #queueName: string;
  #progress = { restored: 0, kept: 0, failed: 0 };
  /** The ids of the dead letters that are kept, and their newest deliveries. */
  readonly #kept = new Map<string, string>();
  #refusal: KinesisError | undefined;
  /** Letters whose return has no answer yet. */
  readonly #returns = new Set<Promise<unknown>>();
  /** When the last letters were asked for, by the monotonic clock. */
  #askedAt = -Infinity;
  /** When the next dead letter may be restored, by the monotonic clock. */
  #nextAt = -Infinity;

  constructor(
    options: ResolvedQueueOptions<T>,
    settings: RedriveSettings<T>,
    part: QueuePart,
  ) {
    this.#options = options;
    this.#settings = settings;
    this.#part = part;
    this.#queueName = queueNameOf(options.queueARN);
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
        const letters = await this.#receive();
        if (letters.length === 0) break;
        const isNew = await this.#decide(letters);
        onProgress?.({ ...this.#progress });
        if (this.#refusal) throw this.#refusal;
        // Only letters that were looked at before: they have become visible again.
        if (!isNew) break;
        signal?.throwIfAborted();
      }
    } finally {
      this.#giveBack([...this.#kept.values()]);
      await this.#returned();
    }
    return { ...this.#progress };
  }

  async #receive(): Promise<readonly QueueApiRecord[]> {
    const { queueARN } = this.#options;
    const { limit, signal } = this.#settings;
    this.#askedAt = monotonicNow(this.#options.clock);
    const { QueueRecords } = await this.#part.receive({
      QueueARN: queueARN,
      Limit: Math.min(10, limit - this.#progress.restored),
      WaitTimeSeconds: WAIT_SECONDS,
      VisibilityTimeoutSeconds: VISIBILITY_SECONDS,
    }, { signal });
    return QueueRecords ?? [];
  }

  /** Restores some letters, and keeps the others. Returns whether one of them is new. */
  async #decide(letters: readonly QueueApiRecord[]): Promise<boolean> {
    const chosen: QueueApiRecord[] = [];
    let isNew = false;
    let at = 0;
    try {
      for (; at < letters.length; at++) {
        const letter = letters[at]!;
        const isKnown = this.#kept.has(letter.RecordId);
        if (!isKnown && await this.#isChosen(letter)) chosen.push(letter);
        else this.#kept.set(letter.RecordId, letter.ReceiptHandle);
        isNew ||= !isKnown;
      }
      this.#progress.kept = this.#kept.size;
      await this.#pace(chosen.length);
    } catch (error) {
      this.#giveBack(
        [...chosen, ...letters.slice(at)].map((it) => it.ReceiptHandle),
      );
      throw error;
    }
    const usefulUntil = this.#askedAt + VISIBILITY_SECONDS * 1000;
    const restoring = chosen.map(({ ReceiptHandle }) =>
      this.#restoring.add({ ReceiptHandle }, usefulUntil)
    );
    this.#restoring.hurry();
    const outcomes = await Promise.all(restoring);
    const failed = chosen.filter((_, i) => outcomes[i]!.error !== undefined);
    this.#progress.failed += failed.length;
    this.#progress.restored += chosen.length - failed.length;
    this.#giveBack(failed.map(({ ReceiptHandle }) => ReceiptHandle));
    return isNew;
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

  /** Waits until so many letters may be restored. */
  async #pace(count: number): Promise<void> {
    const { clock } = this.#options;
    const { ratePerSecond, signal } = this.#settings;
    const now = monotonicNow(clock);
    const startAt = Math.max(now, this.#nextAt);
    this.#nextAt = startAt + count * 1000 / ratePerSecond;
    if (startAt > now) await delay(startAt - now, { clock, signal });
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
