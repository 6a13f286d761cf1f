/**
 * Fills the stream and reshards it, for as long as processes live and die.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import { KinesisClient, Producer } from "../../mod.ts";
import { jsonLines } from "../../processors/mod.ts";
import type { KinesisServer } from "../../testing/mod.ts";
import type { SeededChoices } from "../chaos/seeded_choices.ts";
import { type Item, STREAM } from "./items.ts";

const KEYS = 7;
const MOST_SHARDS = 5;
/** How often values are written, in milliseconds. A record gets several of them. */
const INTERVAL_MS = 40;

/** Writes until it is ended. */
export class Writer {
  /** The number of values of each key. */
  readonly written: Map<string, number> = new Map();
  readonly #server: KinesisServer;
  readonly #choices: SeededChoices;
  readonly #perSecond: number;
  /** The open shards in the order of their hash keys. */
  readonly #open: string[];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #reshards = 0;
  /** Values that may be written before {@linkcode Writer.allow} is called again. */
  #left = 0;

  constructor(
    server: KinesisServer,
    choices: SeededChoices,
    perSecond: number,
  ) {
    this.#server = server;
    this.#choices = choices;
    this.#perSecond = perSecond;
    this.#open = [...server.createStream(STREAM, { shards: 2 }).shardIds];
    this.#running = this.#run();
  }

  /** The number of splits and merges. */
  get reshards(): number {
    return this.#reshards;
  }

  /**
   * Writes so many further values at most. On a slow machine, the work must not grow with the time
   * that it takes.
   */
  allow(count: number): void {
    this.#left = count;
  }

  /** Splits a shard, or merges two. */
  reshard(): void {
    const open = this.#open;
    const isSplit = open.length < 2 ||
      open.length < MOST_SHARDS && this.#choices.chance(0.5);
    const at = this.#choices.integer(0, open.length - (isSplit ? 1 : 2));
    if (isSplit) {
      open.splice(at, 1, ...this.#server.split(STREAM, open[at]!));
    } else {
      const child = this.#server.merge(STREAM, open[at]!, open[at + 1]!);
      open.splice(at, 2, child);
    }
    this.#reshards++;
  }

  /** Stops writing. Resolves when everything is stored. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const producer = new Producer<Item>({
      client: new KinesisClient(this.#server.connection),
      streamName: STREAM,
      processor: jsonLines<Item>(),
      partitionKey: "key",
      ordering: "key",
      lingerMs: 20,
    });
    while (!signal.aborted) {
      const count = Math.min(
        this.#left,
        this.#perSecond * INTERVAL_MS / 1000,
      );
      this.#left -= count;
      for (let i = 0; i < count; i++) {
        const key = `key-${this.#choices.integer(1, KEYS)}`;
        const n = this.written.get(key) ?? 0;
        this.written.set(key, n + 1);
        // A failure is thrown by close().
        producer.put({ key, n }).catch(() => {});
      }
      await delay(INTERVAL_MS, { signal }).catch(() => {});
    }
    await producer.close();
  }
}
