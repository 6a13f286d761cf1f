/**
 * One life of a consumer: from its start to its end, which is often a crash.
 *
 * @module
 */
import { type Clock, delay } from "../../_core/clock.ts";
import { Consumer, type ConsumerOptions } from "../../consumer.ts";
import { ProcessingError } from "../../errors.ts";
import type { ConsumerRecord } from "../../records.ts";
import type { Life } from "./consumer_schedule.ts";
import type { EventLog } from "./event_log.ts";
import type { SeededChoices } from "./seeded_choices.ts";
import type { Item } from "./items.ts";
import type { MortalCheckpointer } from "./mortal_checkpointer.ts";

/** Options of {@linkcode live}. */
export interface LifeOptions {
  readonly name: string;
  readonly life: Life;
  readonly consumer: ConsumerOptions<Item> & { clock: Clock };
  readonly checkpointer: MortalCheckpointer;
  readonly events: EventLog;
  readonly choices: SeededChoices;
}

const STOPPED = new Error("The schedule ends the life here");
/** Most values that a reader holds before it acknowledges some of them, in any order. */
const MOST_IN_HAND = 8;

/**
 * Runs one life. Resolves when all of its work has ended, with the error that ended the life
 * unexpectedly, if any.
 */
export async function live(options: LifeOptions): Promise<unknown> {
  const { life, checkpointer, events, name } = options;
  const { clock } = options.consumer;
  const stop = new AbortController();
  const consumer = new Consumer<Item>({
    ...options.consumer,
    checkpointer,
    signal: stop.signal,
    hooks: {
      onShard({ state, shardId }) {
        if (state === "opened") {
          events.note({ type: "opened", life: name, shardId });
        }
      },
    },
  });
  const body = new Application(options, consumer, stop);
  const old = new AbortController();
  delay(life.ms, { clock, signal: old.signal })
    .then(() => body.end(), () => {});
  let error: unknown;
  try {
    await body.run();
  } catch (cause) {
    const isStop = cause === STOPPED ||
      cause instanceof ProcessingError && cause.cause === STOPPED;
    if (!isStop) error = cause;
  }
  old.abort();
  // Closing fails if the checkpointer fails. The leases then expire.
  await consumer.close().catch(() => {});
  await checkpointer.settled();
  return body.dead ? undefined : error;
}

/** The application of one life, which handles the records. */
class Application {
  readonly #options: LifeOptions;
  readonly #consumer: Consumer<Item>;
  readonly #stop: AbortController;
  #left: number;
  #ending = false;
  #leaves = false;
  dead = false;

  constructor(
    options: LifeOptions,
    consumer: Consumer<Item>,
    stop: AbortController,
  ) {
    this.#options = options;
    this.#consumer = consumer;
    this.#stop = stop;
    this.#left = options.life.records;
  }

  run(): Promise<void> {
    switch (this.#options.life.shape) {
      case "iterate":
        return this.#iterate();
      case "reader":
        return this.#read();
      case "sink":
        return this.#pipe();
      case "process":
        return this.#process();
      case "batches":
        return this.#processBatches();
    }
  }

  /** Ends the life in the way that the schedule says. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    switch (this.#options.life.end) {
      case "close":
        this.#consumer.close().catch(() => {});
        break;
      case "abort":
        this.#stop.abort(STOPPED);
        break;
      case "leave":
        this.#leaves = true;
        break;
      case "kill":
        this.dead = true;
        this.#options.checkpointer.kill();
        this.#stop.abort(STOPPED);
    }
  }

  async #iterate(): Promise<void> {
    for await (const record of this.#consumer) {
      await this.#see(record);
      if (this.#leaves) break;
      this.#done(record);
    }
  }

  async #read(): Promise<void> {
    const { choices } = this.#options;
    const reader = this.#consumer.getReader();
    const inHand: ConsumerRecord<Item>[] = [];
    const settle = (most: number) => {
      while (inHand.length > most) {
        const [record] = inHand.splice(
          choices.integer(0, inHand.length - 1),
          1,
        );
        this.#done(record!);
        if (!this.dead) record!.ack();
      }
    };
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return settle(0);
      await this.#see(value);
      inHand.push(value);
      if (this.#leaves) return await reader.cancel();
      settle(choices.integer(0, MOST_IN_HAND));
    }
  }

  #pipe(): Promise<void> {
    const consumer = this.#consumer;
    const sink = new WritableStream<ConsumerRecord<Item>>({
      write: async (record) => {
        await this.#see(record);
        if (this.#leaves) throw STOPPED;
        this.#done(record);
      },
    });
    return consumer.pipeTo(consumer.acknowledging(sink));
  }

  async #process(): Promise<void> {
    await this.#consumer.process(async (record) => {
      await this.#see(record);
      if (this.#leaves) throw STOPPED;
      this.#done(record);
    }, { ordering: "shard", retry: { maxAttempts: 1 } });
  }

  async #processBatches(): Promise<void> {
    await this.#consumer.processBatches(async (records) => {
      for (const record of records) await this.#see(record);
      if (this.#leaves) throw STOPPED;
      for (const record of records) this.#done(record);
    }, { maxValues: 20, retry: { maxAttempts: 1 } });
  }

  async #see(record: ConsumerRecord<Item>): Promise<void> {
    const { events, name, choices, consumer: { clock } } = this.#options;
    if (this.dead) return;
    events.seen(name, record);
    if (choices.chance(0.05)) await delay(choices.integer(0, 500), { clock });
    if (--this.#left <= 0) this.end();
  }

  #done(record: ConsumerRecord<Item>): void {
    const { events, name } = this.#options;
    if (!this.dead) events.done(name, record);
  }
}
