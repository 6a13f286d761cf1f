/**
 * Reads a stream that is resharded all the time, on the fake clock: consumers start and die, every
 * action that they call fails in every way, and iterators expire before their first use.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Fetch, KinesisClient } from "../../client/mod.ts";
import type { ConsumerOptions } from "../../consumer.ts";
import { jsonLines } from "../../processors/mod.ts";
import { CONSUMER, FanOutWorld } from "../consumer/_fan_out_world.ts";
import { STREAM } from "../consumer/_world.ts";
import { live } from "./consumer_life.ts";
import {
  type ConsumerOutcome,
  LAST_LIFE,
  MOST_LAST_LIVES,
} from "./consumer_run.ts";
import { drawLife, type Life } from "./consumer_schedule.ts";
import { EventLog } from "./event_log.ts";
import { SeededChoices } from "./seeded_choices.ts";
import type { Item } from "./items.ts";
import { MortalCheckpointer } from "./mortal_checkpointer.ts";
import { type ReshardSchedule, rulesOf } from "./reshards_schedule.ts";
import { readStored } from "./stored.ts";

/** The result of a schedule. */
export interface ReshardOutcome extends ConsumerOutcome {
  /** Iterators that had expired when they were used for the first time. */
  readonly expiredUnused: number;
}

const KEYS = 12;
const MOST_SHARDS = 6;
/** An iterator lives this long. */
const ITERATOR_MS = 5 * 60_000;
const FAILOVER_MS = 10_000;
/**
 * The probability that an iterator expires. All readers make new ones then, at the same time. With
 * 12 readers and 10 %, three in four rounds would let the iterators of all expire again.
 */
const EXPIRED = 0.03;
const encoder = new TextEncoder();

/** Runs a schedule. */
export async function runReshards(
  schedule: ReshardSchedule,
): Promise<ReshardOutcome> {
  const play = new Play(schedule);
  return await play.run();
}

class Play {
  readonly #schedule: ReshardSchedule;
  readonly #choices: SeededChoices;
  readonly #world: FanOutWorld;
  readonly #events = new EventLog();
  readonly #errors: unknown[] = [];
  readonly #store = new MemoryCheckpointer();
  readonly #processor = jsonLines<Item>();
  /** Iterators that expired before the consumer got them. */
  readonly #unused = new Set<unknown>();
  #lives = 0;
  #areWritten = false;

  constructor(schedule: ReshardSchedule) {
    this.#schedule = schedule;
    this.#choices = new SeededChoices(schedule.seed).fork(70);
    this.#world = new FanOutWorld({
      shards: 2,
      rules: rulesOf(schedule),
      seed: schedule.seed,
    });
  }

  async run(): Promise<ReshardOutcome> {
    const { workers } = this.#schedule;
    const world = this.#world;
    await world.run((async () => {
      await Promise.all([
        this.#write(),
        ...Array.from({ length: workers }, (_, index) => this.#work(index)),
      ]);
      await this.#readToEnd();
    })());
    const expired = world.server.log.filter(({ error, input }) =>
      error === "ExpiredIteratorException" &&
      this.#unused.has(input.ShardIterator)
    );
    const direct = world.client((_) => world.server.fetch);
    return {
      events: this.#events,
      errors: this.#errors,
      leases: await this.#store.list(STREAM),
      stored: await world.run(
        readStored(direct, STREAM, this.#processor, world.clock),
      ),
      counts: { ...world.fetch.counts },
      expiredUnused: expired.length,
    };
  }

  /** Writes in bursts, with a reshard behind each. */
  async #write(): Promise<void> {
    const { reshards, values } = this.#schedule;
    const { server, clock } = this.#world;
    const choices = this.#choices.fork(1);
    const client = this.#world.client((_) => server.fetch);
    let open = [...this.#world.shardIds];
    for (let round = 0, n = 0; round <= reshards; round++) {
      const end = Math.floor(values * (round + 1) / (reshards + 1));
      await put(client, choices, n, end);
      n = end;
      await delay(choices.integer(0, 2000), { clock });
      if (round < reshards) open = this.#reshard(open, choices);
    }
    this.#areWritten = true;
  }

  /** Splits or merges. Takes and returns the open shards in the order of their hash keys. */
  #reshard(open: readonly string[], choices: SeededChoices): string[] {
    const { server } = this.#world;
    const isSplit = open.length < 2 ||
      open.length < MOST_SHARDS && choices.chance(0.5);
    const at = choices.integer(0, open.length - (isSplit ? 1 : 2));
    return isSplit
      ? open.toSpliced(at, 1, ...server.split(STREAM, open[at]!))
      : open.toSpliced(at, 2, server.merge(STREAM, open[at]!, open[at + 1]!));
  }

  /** One life after another, until everything is written. */
  async #work(worker: number): Promise<void> {
    const choices = this.#choices.fork(10 + worker);
    let workerId = `worker-${worker}`;
    for (let index = 0; !this.#areWritten; index++) {
      const life = drawLife(choices, this.#schedule.values / 2);
      if (!life.keepsName) workerId = `worker-${worker}-${index}`;
      const error = await this.#live(life, workerId, false);
      if (error !== undefined) this.#errors.push(error);
    }
  }

  async #readToEnd(): Promise<void> {
    for (let tries = 1;; tries++) {
      const error = await this.#live(LAST_LIFE, "last", true);
      if (error === undefined) return;
      this.#errors.push(error);
      if (tries === MOST_LAST_LIVES) throw error;
    }
  }

  #live(life: Life, workerId: string, isLast: boolean): Promise<unknown> {
    const name = `${++this.#lives} as ${workerId}`;
    const choices = this.#choices.fork(1000 + this.#lives);
    const { clock } = this.#world;
    return live({
      name,
      life,
      events: this.#events,
      choices,
      checkpointer: new MortalCheckpointer({
        inner: this.#store,
        events: this.#events,
        life: name,
        choices: choices.fork(1),
        failures: isLast ? 0 : this.#schedule.storeFailures,
      }),
      consumer: {
        ...this.#reading(choices.fork(3)),
        streamName: STREAM,
        processor: this.#processor,
        workerId,
        failoverTimeMs: FAILOVER_MS,
        checkpointIntervalMs: choices.pick([100, 1000]),
        ...(isLast
          ? { until: "caught-up" as const }
          : { idleTimeoutMs: 2 * FAILOVER_MS }),
        clock,
        random: choices.fork(2).random,
      },
    });
  }

  /** The way to read the shards. */
  #reading(
    choices: SeededChoices,
  ): Pick<ConsumerOptions<Item>, "client" | "fanOut"> {
    const world = this.#world;
    return this.#schedule.fanOut
      ? { client: world.fanOutClient(), fanOut: { consumerName: CONSUMER } }
      : { client: world.client((fetch) => this.#expiring(fetch, choices)) };
  }

  /** Some iterators expire before they are used, and with them all that are in use. */
  #expiring(fetch: Fetch, choices: SeededChoices): Fetch {
    return async (input, init) => {
      const response = await fetch(input, init);
      const target = new Headers(init?.headers).get("x-amz-target");
      if (
        !response.ok || !target?.endsWith(".GetShardIterator") ||
        !choices.chance(EXPIRED)
      ) return response;
      // A body that is cut fails here, as it would in the client.
      const answer: { ShardIterator: string } = await response.json();
      this.#unused.add(answer.ShardIterator);
      this.#world.server.advance(ITERATOR_MS + 1);
      return Response.json(answer);
    };
  }
}

/** Writes the values from `start` to `end`. Some share a record. */
async function put(
  client: KinesisClient,
  choices: SeededChoices,
  start: number,
  end: number,
): Promise<void> {
  const lines = new Map<string, string[]>();
  for (let n = start; n < end; n++) {
    const key = `key-${choices.integer(1, KEYS)}`;
    const item: Item = { id: `item-${n}`, key, n, text: "" };
    const line = JSON.stringify(item) + "\n";
    const of = lines.get(key);
    if (of && choices.chance(0.5)) of[of.length - 1] += line;
    else if (of) of.push(line);
    else lines.set(key, [line]);
  }
  await client.putRecords({
    StreamName: STREAM,
    Records: [...lines].flatMap(([PartitionKey, texts]) =>
      texts.map((text) => ({ PartitionKey, Data: encoder.encode(text) }))
    ),
  });
}
