/**
 * The reader: a consumer process that is killed and started again, and the records that it reports.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { ConsumerProcess } from "./consumer_process.ts";
import { fingerprint } from "./content.ts";
import type { Envelope } from "./envelope.ts";
import type {
  ConsumerSettings,
  RecordMessage,
  StatusMessage,
} from "./messages.ts";
import { ShardTable } from "./shard_table.ts";
import { type Verdict, Verifier } from "./verify.ts";

/** After so many milliseconds without an arrival, the rest counts as missing. */
const QUIET_MS = 30_000;
/** How long to wait for the final states of the shards after the last record, in milliseconds. */
const SETTLE_MS = 5000;
const LOOK_MS = 50;

/** Runs the consumer and counts the records that arrive. */
export class Reading {
  /** The counts of each shard. */
  readonly table: ShardTable;
  readonly #settings: ConsumerSettings;
  readonly #onFailed: (error: unknown) => void;
  readonly #verifier: Verifier;
  #process: ConsumerProcess | undefined;
  #isReady = false;
  #arrivals = 0;
  #bytes = 0;
  #bytesBefore = 0;
  #lastArrival = performance.now();

  /** Expects `total` records. Calls `onFailed` if the consumer ends by itself. */
  constructor(
    settings: ConsumerSettings,
    total: number,
    onFailed: (error: unknown) => void,
  ) {
    this.#settings = settings;
    this.#onFailed = onFailed;
    this.#verifier = new Verifier(total);
    this.table = new ShardTable(total);
  }

  /** Number of records that arrived, including repeated ones. */
  get arrivals(): number {
    return this.#arrivals;
  }

  /** Number of different records that arrived. */
  get arrived(): number {
    return this.#verifier.arrived;
  }

  /** Number of bytes that the consumer read. */
  get bytes(): number {
    return this.#bytesBefore + this.#bytes;
  }

  /** The result of the verification so far. */
  get verdict(): Verdict {
    return this.#verifier.verdict();
  }

  /** Notes a value before it is written. */
  expect({ position, key, value }: Envelope): void {
    this.#verifier.expect(position, fingerprint(key, value));
  }

  /** Starts a consumer. Resolves when it reads every record that is written from then on. */
  async start(signal: AbortSignal): Promise<void> {
    // After an abort the consumer is killed already. A new one would outlive the demo.
    signal.throwIfAborted();
    this.#isReady = false;
    this.#bytesBefore += this.#bytes;
    this.#bytes = 0;
    this.#process = new ConsumerProcess(this.#settings, {
      onReady: () => this.#isReady = true,
      onRecord: (message) => this.#arrive(message),
      onStatus: (message) => this.#update(message),
      onFailed: this.#onFailed,
    });
    await until(() => this.#isReady, signal);
  }

  /** Kills the consumer, if there is one. */
  async kill(): Promise<void> {
    await this.#process?.kill();
    this.#process = undefined;
  }

  /** Kills the consumer without waiting for its end. */
  killAtOnce(): void {
    this.#process?.killAtOnce();
  }

  /** Ends the consumer properly. */
  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }

  /** Waits until so many different records have arrived. */
  async reached(records: number, signal: AbortSignal): Promise<void> {
    await until(() => {
      if (this.#isQuiet) {
        throw new Error(
          `No record has arrived for ${
            QUIET_MS / 1000
          } s: ${this.arrived} are there, ${records} should be`,
        );
      }
      return this.arrived >= records;
    }, signal);
  }

  /**
   * Waits until all records have arrived and the shards are read to their ends, or arrivals stop.
   */
  async finished(signal: AbortSignal): Promise<void> {
    this.#lastArrival = performance.now();
    await until(() => this.#verifier.isComplete || this.#isQuiet, signal);
    const deadline = performance.now() + SETTLE_MS;
    await until(
      () => this.table.isSettled || performance.now() > deadline,
      signal,
    );
  }

  get #isQuiet(): boolean {
    return performance.now() - this.#lastArrival > QUIET_MS;
  }

  #arrive([position, key, shardId, fingerprint]: RecordMessage): void {
    this.#arrivals++;
    this.#lastArrival = performance.now();
    const isFirst = this.#verifier.arrive(position, key, fingerprint);
    this.table.arrive(shardId, position, isFirst);
  }

  #update({ bytes, shards }: StatusMessage): void {
    this.#bytes = bytes;
    this.table.update(shards);
  }
}

async function until(
  condition: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  while (!condition()) await delay(LOOK_MS, { signal });
  signal.throwIfAborted();
}
