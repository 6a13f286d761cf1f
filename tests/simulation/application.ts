/**
 * The program of a worker: reads the stream in the way that the plan says, and handles values.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import type { EffectContext } from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import type { ConsumerRecord } from "../../records.ts";
import type { Machine } from "../../testing/_simulation/machine.ts";
import type { SeededChoices } from "../../testing/_simulation/seeded_choices.ts";
import type { Item, Journal } from "./journal.ts";
import type { WorkerPlan } from "./plan.ts";

type Read = ConsumerRecord<Item>;

/** What an {@linkcode Application} works with. */
export interface ApplicationParts {
  readonly life: string;
  readonly plan: WorkerPlan;
  readonly machine: Machine;
  readonly consumer: Consumer<Item>;
  readonly journal: Journal;
  readonly choices: SeededChoices;
  /** Whether values may fail or hang now. */
  readonly mayFail: () => boolean;
  /** Resolves when the handler of this value may go on, if it hangs. */
  readonly stuck: (item: Item) => Promise<void> | undefined;
  /** Stores the effects of values together with their position. */
  readonly commit: (
    records: readonly Read[],
    context: EffectContext,
  ) => Promise<void>;
}

/** The failure of a handler or sink, which the plan demands. */
export class PlannedFailure extends Error {}

/** Most values that a reader holds before it acknowledges some of them, in any order. */
const MOST_IN_HAND = 8;

/** One life of the program. */
export class Application {
  readonly #parts: ApplicationParts;

  constructor(parts: ApplicationParts) {
    this.#parts = parts;
  }

  /** Reads to the end. */
  async run(): Promise<void> {
    const { consumer, plan } = this.#parts;
    const { concurrency } = plan;
    // Longer than any handler hangs.
    const limits = { timeoutMs: 600_000 };
    switch (plan.shape) {
      case "iterate":
        return await this.#iterate();
      case "pipe":
        return await consumer.pipeTo(consumer.acknowledging(
          new WritableStream<Read>({ write: (record) => this.#handle(record) }),
        ));
      case "reader":
        return await this.#read();
      case "process-key":
      case "process-shard":
      case "process-none": {
        const ordering = plan.shape.slice(8) as "key" | "shard" | "none";
        await consumer.process(
          (record, { attempt }) => this.#handle(record, attempt),
          { ordering, concurrency, ...limits },
        );
        return;
      }
      case "batches":
        await consumer.processBatches(
          (records, { attempt }) => this.#handleBatch(records, attempt),
          { maxValues: 10, maxWaitMs: 100, concurrency, ...limits },
        );
        return;
      case "commit":
        await consumer.processBatches(async (records, context) => {
          for (const record of records) this.#see(record, context.attempt);
          await this.#work(records[0]!);
          await this.#parts.commit(records, context);
          for (const record of records) this.#done(record);
        }, { maxValues: 10, maxWaitMs: 100, concurrency, ...limits });
    }
  }

  async #iterate(): Promise<void> {
    for await (const record of this.#parts.consumer) await this.#handle(record);
  }

  async #read(): Promise<void> {
    const { choices, consumer, machine: { clock } } = this.#parts;
    const reader = consumer.getReader();
    const inHand: Read[] = [];
    const settle = (most: number) => {
      while (inHand.length > most) {
        const [record] = inHand.splice(
          choices.integer(0, inHand.length - 1),
          1,
        );
        this.#done(record!);
        record!.ack();
      }
    };
    // The last values before a silence must be acknowledged, too.
    let idle = 0;
    const rest = () => {
      idle++;
      settle(idle > 3 ? 0 : MOST_IN_HAND);
      timer = clock.setTimeout(rest, 500);
    };
    let timer = clock.setTimeout(rest, 500);
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return settle(0);
        idle = 0;
        this.#see(value, 1);
        await this.#work(value);
        inHand.push(value);
        settle(choices.integer(0, MOST_IN_HAND));
      }
    } finally {
      clock.clearTimeout(timer);
      reader.releaseLock();
    }
  }

  async #handle(record: Read, attempt = 1): Promise<void> {
    this.#see(record, attempt);
    await this.#work(record);
    this.#done(record);
  }

  async #handleBatch(
    records: readonly Read[],
    attempt: number,
  ): Promise<Read[]> {
    const { choices, plan: { failRate }, mayFail } = this.#parts;
    for (const record of records) this.#see(record, attempt);
    await this.#work(records[0]!);
    // Some of the values may fail alone: the last ones, so that the order stays.
    const count = mayFail() && choices.chance(failRate * 2)
      ? choices.integer(0, records.length - 1)
      : records.length;
    for (const record of records.slice(0, count)) this.#done(record);
    return records.slice(count);
  }

  async #work({ value }: Read): Promise<void> {
    const { choices, plan, machine: { clock }, stuck, mayFail } = this.#parts;
    await stuck(value);
    const { handlerMs, failRate } = plan;
    if (handlerMs > 0 && choices.chance(0.5)) {
      await delay(choices.integer(0, handlerMs), { clock });
    }
    if (mayFail() && choices.chance(failRate)) {
      throw new PlannedFailure("planned");
    }
  }

  #see(record: Read, attempt: number): void {
    const { life, journal } = this.#parts;
    const { id } = record.value;
    journal.note({ type: "seen", life, place: placeOf(record), id, attempt });
  }

  #done(record: Read): void {
    const { life, journal } = this.#parts;
    const { id } = record.value;
    journal.note({ type: "done", life, place: placeOf(record), id });
  }
}

function placeOf({ shardId, sequenceNumber, subSequenceNumber }: Read) {
  return { shardId, sequenceNumber, subSequenceNumber };
}
