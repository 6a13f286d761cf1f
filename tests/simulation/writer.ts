/**
 * The program that writes: one life of a producer.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import type { KinesisClient } from "../../client/mod.ts";
import type { Processor } from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
import { DeliveryError } from "../../errors.ts";
import type { FailedValue } from "../../records.ts";
import type { Machine } from "../../testing/_simulation/machine.ts";
import type { SeededChoices } from "../../testing/_simulation/seeded_choices.ts";
import type { Item, Journal } from "./journal.ts";
import type { Plan } from "./plan.ts";

/** What {@linkcode write} works with. */
export interface WriterParts {
  readonly life: string;
  readonly plan: Plan;
  readonly machine: Machine;
  readonly client: KinesisClient;
  readonly processor: Processor<Item>;
  readonly streamName: string;
  readonly journal: Journal;
  readonly choices: SeededChoices;
  /** The values that are left to write. */
  readonly left: { count: number };
}

/** Writes in bursts, and closes the producer. Resolves when every value is settled. */
export async function write(parts: WriterParts): Promise<void> {
  const { plan, machine, client, streamName, processor, journal } = parts;
  const { clock } = machine;
  const { ordering, bufferedValues, maxAttempts } = plan.producer;
  const { maxInFlight, maxBatchRecords, lingerMs, deadLetter } = plan.producer;
  const buried = new Set<string>();
  const letters = new WritableStream<FailedValue<Item>>({
    write: ({ value: { id } }) => {
      buried.add(id);
      journal.note({ type: "buried", id });
    },
  });
  const producer = new Producer<Item>({
    client,
    streamName,
    processor,
    partitionKey: "key",
    ...{ ordering, bufferedValues, maxAttempts, maxInFlight },
    ...{ maxBatchRecords, lingerMs },
    ...deadLetter && { deadLetter: letters },
    clock,
    random: parts.choices.fork(1).random,
  });
  await new Writing(parts, producer, buried).run();
}

/** One life of the program. */
class Writing {
  readonly #parts: WriterParts;
  readonly #producer: Producer<Item>;
  readonly #counts = new Map<string, number>();
  readonly #puts: Promise<void>[] = [];
  /** The values of `write`, until the end of the stream tells their outcome. */
  readonly #open = new Set<string>();
  /** The dead letters. */
  readonly #buried: ReadonlySet<string>;
  #total = 0;

  constructor(
    parts: WriterParts,
    producer: Producer<Item>,
    buried: ReadonlySet<string>,
  ) {
    this.#parts = parts;
    this.#producer = producer;
    this.#buried = buried;
  }

  async run(): Promise<void> {
    const { choices, left, machine: { clock }, plan } = this.#parts;
    const { values, bursts, way } = plan.producer;
    const burst = Math.ceil(values / bursts);
    const pauseMs = plan.durationMs / bursts;
    const writer = way === "write" ? this.#producer.getWriter() : undefined;
    while (left.count > 0) {
      const startedAt = clock.monotonic!();
      const count = Math.min(burst, left.count);
      if (way === "putAll") await this.#putAll(count);
      for (let n = 0; way !== "putAll" && n < count; n++) {
        if (left.count === 0) break;
        const item = this.#next();
        if (writer) await this.#write(writer, item);
        else this.#puts.push(this.#put(item));
        this.#look(burst);
        if (choices.chance(0.3)) await delay(choices.integer(0, 50), { clock });
        if (!writer && choices.chance(0.02)) {
          await this.#producer.flush().catch(() => {});
        }
      }
      const pastMs = clock.monotonic!() - startedAt;
      const restMs = 2 * Math.max(0, pauseMs - pastMs);
      await delay(choices.integer(0, restMs), { clock });
    }
    await this.#close(writer);
  }

  #next(): Item {
    const { life, choices, left, plan, journal } = this.#parts;
    left.count--;
    const key = `${life}-${choices.integer(1, plan.producer.keys)}`;
    const n = this.#counts.get(key) ?? 0;
    this.#counts.set(key, n + 1);
    const item: Item = {
      id: `${life}/${this.#total++}`,
      key,
      n,
      text: choices.chance(0.02)
        ? "ü".repeat(choices.integer(1000, 20_000))
        : "x".repeat(choices.integer(0, 100)),
    };
    journal.note({ type: "put", item });
    return item;
  }

  /** Looks at the buffer. Values of `put` wait in front of it. */
  #look(burst: number): void {
    const { journal, plan } = this.#parts;
    const { bufferedValues } = this.#producer.stats();
    if (bufferedValues <= plan.producer.bufferedValues + burst) return;
    journal.problem(`the producer buffers ${bufferedValues} values`);
  }

  async #put(item: Item): Promise<void> {
    const { journal } = this.#parts;
    const { id } = item;
    try {
      const { shardId, sequenceNumber } = await this.#producer.put(item);
      journal.note({ type: "acknowledged", id, shardId, sequenceNumber });
    } catch (error) {
      this.#rejected(id, error);
    }
  }

  async #write(
    writer: WritableStreamDefaultWriter<Item>,
    item: Item,
  ): Promise<void> {
    this.#open.add(item.id);
    try {
      await writer.write(item);
    } catch (error) {
      // The producer has failed. The value was accepted before that, or not at all.
      const isKnown = this.#producer.undelivered()
        .some(({ value }) => value.id === item.id);
      if (isKnown) return;
      this.#open.delete(item.id);
      this.#rejected(item.id, error);
    }
  }

  async #putAll(count: number): Promise<void> {
    const { choices, machine: { clock }, journal } = this.#parts;
    const given: string[] = [];
    const next = () => {
      const item = this.#next();
      given.push(item.id);
      return item;
    };
    const values = async function* () {
      for (let n = 0; n < count; n++) {
        yield next();
        if (choices.chance(0.2)) await delay(choices.integer(0, 50), { clock });
      }
    };
    const failed = new Set<string>();
    try {
      await this.#producer.putAll(values());
    } catch (error) {
      if (!(error instanceof DeliveryError)) {
        journal.problem(`putAll failed: ${error}`);
        return;
      }
      for (const { value } of error.failures as FailedValue<Item>[]) {
        failed.add(value.id);
        this.#rejected(value.id, error);
      }
    }
    for (const id of given) {
      if (failed.has(id) || this.#buried.has(id)) continue;
      journal.note({ type: "acknowledged", id });
    }
  }

  async #close(
    writer: WritableStreamDefaultWriter<Item> | undefined,
  ): Promise<void> {
    const { journal } = this.#parts;
    const closed = (writer ?? this.#producer).close();
    if (!writer) await this.#putAfterClose();
    try {
      await closed;
    } catch (error) {
      // The puts tell which values failed.
      const isKnown = error instanceof DeliveryError ||
        error instanceof TypeError && writer !== undefined;
      if (!isKnown) journal.problem(`the producer cannot close: ${error}`);
    }
    for (const { value, error } of this.#producer.undelivered()) {
      if (this.#open.delete(value.id)) this.#rejected(value.id, error);
    }
    for (const id of this.#open) {
      if (!this.#buried.has(id)) journal.note({ type: "acknowledged", id });
    }
    let settled = 0;
    for (const it of this.#puts) it.then(() => settled++);
    for (let turns = 0; turns < 5; turns++) await Promise.resolve();
    const pending = this.#puts.length - settled;
    if (pending === 0) return;
    journal.problem(`the producer is closed, and ${pending} puts are pending`);
  }

  /** A value that comes after `close` was called must be refused. */
  async #putAfterClose(): Promise<void> {
    const { life, journal } = this.#parts;
    const late = { id: `${life}/late`, key: `${life}-late`, n: 0, text: "" };
    const { machine: { clock } } = this.#parts;
    const timer = new AbortController();
    const { signal } = timer;
    try {
      await Promise.race([
        this.#producer.put(late),
        delay(60_000, { clock, signal }).catch(() => {}),
      ]);
      journal.problem("the producer took a value after close()");
    } catch (error) {
      const { name } = error as Error;
      if (name === "ClosedError" || name === "DeliveryError") return;
      journal.problem(`put after close() failed with ${error}`);
    } finally {
      timer.abort();
    }
  }

  #rejected(id: string, error: unknown): void {
    const { journal } = this.#parts;
    journal.note({ type: "rejected", id, error: (error as Error).name });
  }
}
