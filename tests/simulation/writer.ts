/**
 * The program that writes: one life of a producer.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import type { KinesisClient } from "../../client/mod.ts";
import type { Processor } from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
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
  const { plan, machine, client, streamName, processor, journal, choices } =
    parts;
  const { clock } = machine;
  const { values, keys, bursts, deadLetter, ...options } = plan.producer;
  const letters = new WritableStream<FailedValue<Item>>({
    write: ({ value }) => journal.note({ type: "buried", id: value.id }),
  });
  const producer = new Producer<Item>({
    client,
    streamName,
    processor,
    partitionKey: "key",
    ...options,
    ...deadLetter && { deadLetter: letters },
    clock,
    random: choices.fork(1).random,
  });
  const burst = Math.ceil(values / bursts);
  const pauseMs = plan.durationMs / bursts;
  const counts = new Map<string, number>();
  const puts: Promise<void>[] = [];
  let total = 0;
  while (parts.left.count > 0) {
    const startedAt = clock.monotonic!();
    for (let n = 0; n < burst && parts.left.count > 0; n++) {
      parts.left.count--;
      const key = `${parts.life}-${choices.integer(1, keys)}`;
      const inKey = counts.get(key) ?? 0;
      counts.set(key, inKey + 1);
      const item: Item = {
        id: `${parts.life}/${total++}`,
        key,
        n: inKey,
        text: choices.chance(0.02)
          ? "ü".repeat(choices.integer(1000, 20_000))
          : "x".repeat(choices.integer(0, 100)),
      };
      puts.push(put(producer, item, journal));
      const { bufferedValues } = producer.stats();
      if (bufferedValues > options.bufferedValues + burst) {
        journal.problem(`the producer buffers ${bufferedValues} values`);
      }
      if (choices.chance(0.3)) await delay(choices.integer(0, 50), { clock });
      if (choices.chance(0.02)) await producer.flush().catch(() => {});
    }
    const pastMs = clock.monotonic!() - startedAt;
    await delay(choices.integer(0, 2 * Math.max(0, pauseMs - pastMs)), {
      clock,
    });
  }
  const closed = producer.close();
  await putAfterClose(producer, parts, total);
  try {
    await closed;
  } catch (error) {
    // The puts tell which values failed.
    if (!(error instanceof Error) || error.name !== "DeliveryError") {
      journal.problem(`the producer cannot close: ${error}`);
    }
  }
  let settled = 0;
  for (const it of puts) it.then(() => settled++);
  for (let turns = 0; turns < 5; turns++) await Promise.resolve();
  if (settled < puts.length) {
    journal.problem(
      `the producer is closed, and ${puts.length - settled} puts are pending`,
    );
  }
}

async function put(
  producer: Producer<Item>,
  item: Item,
  journal: Journal,
): Promise<void> {
  journal.note({ type: "put", item });
  const { id } = item;
  try {
    const { shardId, sequenceNumber } = await producer.put(item);
    journal.note({ type: "acknowledged", id, shardId, sequenceNumber });
  } catch (error) {
    journal.note({ type: "rejected", id, error: (error as Error).name });
  }
}

/** A value that comes after `close` was called must be refused. */
async function putAfterClose(
  producer: Producer<Item>,
  { life, journal }: WriterParts,
  n: number,
): Promise<void> {
  const late = { id: `${life}/late`, key: `${life}-late`, n, text: "" };
  try {
    await producer.put(late);
    journal.problem("the producer took a value after close()");
  } catch (error) {
    if (error instanceof Error && error.name === "ClosedError") return;
    journal.problem(`put after close() failed with ${error}`);
  }
}
