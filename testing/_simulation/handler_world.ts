/**
 * The world in which the handler of an application is simulated.
 *
 * @module
 */
import { equalJitter } from "../../_core/backoff.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import {
  Consumer,
  type HandlerContext,
  type ProcessOptions,
} from "../../consumer.ts";
import { KinesisError } from "../../errors.ts";
import type { Processor } from "../../processors/mod.ts";
import type { ConsumerRecord } from "../../records.ts";
import type { FaultRule } from "../fault_plan.ts";
import { KinesisServer } from "../kinesis_server.ts";
import type {
  SimulatedContext,
  SimulatedHandler,
  SimulationReport,
} from "../simulate_types.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { type FaultyFetch, withFaults } from "../with_faults.ts";
import { DirectClient } from "./direct_client.ts";
import { type CallFate, Machine, type Way } from "./machine.ts";
import { networkFetch } from "./network.ts";
import { RemoteStore } from "./remote_store.ts";
import { SeededChoices } from "./seeded_choices.ts";

/** Until then records are written and workers crash, in milliseconds, unless `roughMs` says. */
const ROUGH_MS = 60_000;
/** Everything must be processed so long after that, in milliseconds. */
const LIVENESS_MS = 600_000;
const STREAM = "simulated";
const SHARDS = 2;
/** The largest that Kinesis allows. */
const MAX_RECORD_KIB = 10_240;
const MOST_SHARDS = 6;
const FAILOVER_MS = 5_000;
/** The longest way of a call, in milliseconds. */
const WAY_MS = 40;
/** The probability that a call fails before it takes effect, and that its answer is lost. */
const FAILURES = { before: 0.03, after: 0.03 };
const RETRY = { baseMs: 100, maxMs: 2000 };

/** What a {@linkcode HandlerWorld} needs. */
export interface HandlerWorldOptions<T> {
  readonly handler: SimulatedHandler<T>;
  readonly seed: number;
  readonly workers: number;
  /** Reads the values of the records. */
  readonly processor: Processor<T>;
  /** What is written, in this order. */
  readonly records: readonly WorldRecord[];
  readonly process: ProcessOptions<T>;
  /**
   * Until then workers crash, in milliseconds.
   * @default {60_000}
   */
  readonly roughMs?: number;
  /** Called when the handler is called. Returns a function to call when it has resolved. */
  readonly onCall?: (record: number, subSequenceNumber: number) => () => void;
}

/** A record that is written. */
export interface WorldRecord {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly partitionKey: string;
  /** The number of values that the processor reads from it. */
  readonly values: number;
  /** When it is written, in milliseconds from the start. Default: at a random time. */
  readonly atMs?: number;
}

interface Worker<T> {
  readonly index: number;
  lives: number;
  machine: Machine | undefined;
  consumer: Consumer<T> | undefined;
}

/** One run of a handler. */
export class HandlerWorld<T> {
  readonly #options: HandlerWorldOptions<T>;
  readonly #choices: SeededChoices;
  readonly #clock = new VirtualClock();
  readonly #server: KinesisServer;
  readonly #service: FaultyFetch;
  readonly #store = new MemoryCheckpointer();
  readonly #workers: Worker<T>[];
  /** The index of each record, by its shard and sequence number. */
  readonly #indexes = new Map<string, number>();
  /** The index of the first value of each record. */
  readonly #firstValues: number[] = [];
  readonly #roughMs: number;
  /** The number of calls for each value. */
  readonly #calls: number[];
  readonly #processed = new Set<number>();
  readonly #counts = { crashes: 0, freezes: 0, reshards: 0 };
  #isRough = true;
  #isOver = false;
  #lastError: unknown;

  /** Nothing happens before {@linkcode HandlerWorld.run}. */
  constructor(options: HandlerWorldOptions<T>) {
    this.#options = options;
    this.#choices = new SeededChoices(options.seed).fork(90);
    const clock = this.#clock;
    this.#server = new KinesisServer({
      clock,
      random: this.#choices.fork(1).random,
      limits: false,
      logLimit: 0,
    });
    this.#server.createStream(STREAM, {
      shards: SHARDS,
      maxRecordSizeInKiB: MAX_RECORD_KIB,
    });
    this.#service = withFaults(this.#server.fetch, {
      rules: drawRules(this.#choices.fork(2)),
      seed: options.seed,
      clock,
    });
    this.#roughMs = options.roughMs ?? ROUGH_MS;
    let values = 0;
    for (const record of options.records) {
      this.#firstValues.push(values);
      values += record.values;
    }
    this.#calls = new Array<number>(values).fill(0);
    this.#workers = Array.from({ length: options.workers }, (_, index) => ({
      index,
      lives: 0,
      machine: undefined,
      consumer: undefined,
    }));
  }

  /** Runs until everything is processed, and then the check. */
  async run(check: () => unknown): Promise<SimulationReport> {
    const { seed } = this.#options;
    const choices = this.#choices.fork(3);
    for (const worker of this.#workers) {
      this.#at(choices.integer(0, 5000), () => this.#start(worker));
    }
    const written = this.#write(choices.fork(1));
    written.catch(() => {});
    this.#drawIncidents(choices.fork(2));
    await this.#clock.advance(this.#roughMs);
    this.#calmDown();
    await this.#clock.runUntil(written);
    const end = this.#clock.monotonic() + LIVENESS_MS;
    while (this.#processed.size < this.#calls.length) {
      if (this.#clock.monotonic() > end) throw this.#missing();
      await this.#clock.advance(1000);
    }
    await this.#stop();
    try {
      await check();
    } catch (cause) {
      throw failed(seed, `the check fails: ${textOf(cause)}`, cause);
    }
    return {
      seed,
      calls: this.#calls.reduce((sum, calls) => sum + calls, 0),
      repeated: this.#calls.filter((calls) => calls > 1).length,
      ...this.#counts,
      virtualMs: this.#clock.monotonic(),
    };
  }

  #at(ms: number, callback: () => void): void {
    this.#clock.setTimeout(callback, ms);
  }

  /** Writes the records one after another, so that those of a key stay in order. */
  async #write(choices: SeededChoices): Promise<void> {
    const { records } = this.#options;
    const client = new DirectClient(this.#server.fetch);
    const pauseMs = Math.floor(this.#roughMs / (records.length + 1));
    const pause = (ms: number) =>
      new Promise<void>((resolve) => this.#at(ms, resolve));
    for (const [index, { data, partitionKey, atMs }] of records.entries()) {
      const early = atMs === undefined ? 0 : atMs - this.#clock.monotonic();
      if (early > 0) await pause(early);
      const { Records: [stored] } = await client.putRecords({
        StreamName: STREAM,
        Records: [{ Data: data, PartitionKey: partitionKey }],
      });
      this.#indexes.set(`${stored!.ShardId}/${stored!.SequenceNumber}`, index);
      if (atMs === undefined) await pause(choices.integer(0, 2 * pauseMs));
    }
  }

  #drawIncidents(choices: SeededChoices): void {
    const minutes = Math.ceil(this.#roughMs / ROUGH_MS);
    const times = (least: number, most: number, act: () => void) => {
      for (let n = minutes * choices.integer(least, most); n > 0; n--) {
        this.#at(choices.integer(2000, this.#roughMs), act);
      }
    };
    const worker = () => choices.pick(this.#workers);
    times(1, 3, () => this.#crash(worker(), choices.integer(0, 10_000)));
    times(0, 2, () => this.#freeze(worker(), choices.integer(1000, 20_000)));
    times(0, 1, () => this.#close(worker(), choices.integer(0, 10_000)));
    times(0, 2, () => void this.#reshard("split", choices.integer(0, 9)));
    times(0, 2, () => void this.#reshard("merge", choices.integer(0, 9)));
  }

  #start(worker: Worker<T>): void {
    if (this.#isOver) return;
    worker.lives++;
    const { index, lives } = worker;
    const choices = this.#choices.fork(1000 * (index + 1) + lives);
    const machine = new Machine(`worker-${index}`, this.#clock);
    const fate = choices.fork(1);
    const consumer = new Consumer<T>({
      client: new DirectClient(networkFetch({
        machine,
        service: this.#service,
        way: () => drawWay(fate),
      })),
      streamName: STREAM,
      processor: this.#options.processor,
      checkpointer: new RemoteStore({
        machine,
        store: this.#store,
        draw: () => ({ way: drawWay(fate), fate: this.#drawFate(fate) }),
      }),
      // A process that is started again has another name, as in most orchestrators.
      workerId: `worker-${index}.${lives}`,
      failoverTimeMs: FAILOVER_MS,
      maxFailuresInARow: 100,
      clock: machine.clock,
      random: choices.fork(2).random,
    });
    worker.machine = machine;
    worker.consumer = consumer;
    const handle = this.#handlerOn(machine, choices.fork(3));
    consumer.process(handle, this.#options.process).catch((error) => {
      this.#lastError = error;
      const { clock } = machine;
      const ms = equalJitter(RETRY, Math.min(lives, 5), choices.random);
      clock.setTimeout(() => {
        if (worker.consumer === consumer) this.#start(worker);
      }, ms);
    });
  }

  /** The handler on one machine. */
  #handlerOn(machine: Machine, choices: SeededChoices) {
    const { handler, onCall } = this.#options;
    return async (record: ConsumerRecord<T>, context: HandlerContext) => {
      const { shardId, sequenceNumber, subSequenceNumber } = record;
      const at = this.#indexes.get(`${shardId}/${sequenceNumber}`)!;
      const index = this.#firstValues[at]! + subSequenceNumber;
      const onDone = onCall?.(at, subSequenceNumber);
      this.#calls[index]!++;
      const simulated: SimulatedContext = {
        attempt: context.attempt,
        ordering: context.ordering,
        fencingToken: context.fencingToken,
        records: context.records,
        // Read only if the handler reads it, as HandlerContext.signal says.
        get signal() {
          return context.signal;
        },
        clock: machine.clock,
        io: <R>(call: () => R | PromiseLike<R>) => {
          const answer = machine.call(
            async () => await call(),
            drawWay(choices),
            { fate: this.#drawFate(choices) },
          );
          // A handler that does not await it misses the failure, and the check finds what is lost.
          answer.catch(() => {});
          return answer;
        },
      };
      await handler(record, simulated);
      onDone?.();
      this.#processed.add(index);
    };
  }

  #crash(worker: Worker<T>, restartMs: number): void {
    const { machine } = worker;
    if (!machine?.isAlive) return;
    machine.kill();
    this.#counts.crashes++;
    this.#at(restartMs, () => {
      if (worker.machine === machine) this.#start(worker);
    });
  }

  #freeze({ machine }: Worker<T>, ms: number): void {
    if (!machine?.isRunning) return;
    machine.freeze();
    this.#counts.freezes++;
    this.#at(ms, () => machine.thaw());
  }

  #close(worker: Worker<T>, restartMs: number): void {
    const { machine, consumer } = worker;
    if (!machine?.isRunning || !consumer) return;
    consumer.close().catch(() => {}).then(() =>
      this.#at(restartMs, () => {
        if (worker.consumer === consumer) this.#start(worker);
      })
    );
  }

  async #reshard(type: "split" | "merge", nth: number): Promise<void> {
    const open: { id: string; start: bigint }[] = [];
    const client = new DirectClient(this.#server.fetch);
    for await (const shard of client.listAllShards({ StreamName: STREAM })) {
      if (shard.SequenceNumberRange.EndingSequenceNumber) continue;
      const start = BigInt(shard.HashKeyRange.StartingHashKey);
      open.push({ id: shard.ShardId, start });
    }
    open.sort((a, b) => a.start < b.start ? -1 : 1);
    if (type === "split") {
      if (open.length >= MOST_SHARDS) return;
      this.#server.split(STREAM, open[nth % open.length]!.id);
    } else {
      if (open.length < 2) return;
      const first = nth % (open.length - 1);
      this.#server.merge(STREAM, open[first]!.id, open[first + 1]!.id);
    }
    this.#counts.reshards++;
  }

  /** From now on nothing fails. */
  #calmDown(): void {
    this.#isRough = false;
    this.#service.enabled = false;
    for (const { machine } of this.#workers) machine?.thaw();
  }

  async #stop(): Promise<void> {
    this.#isOver = true;
    const closing = this.#workers.map(({ machine, consumer }) =>
      machine?.isAlive ? consumer?.close().catch(() => {}) : undefined
    );
    await this.#clock.runUntil(Promise.all(closing));
  }

  #drawFate(choices: SeededChoices): CallFate | undefined {
    const draw = choices.random();
    if (!this.#isRough) return undefined;
    const { before, after } = FAILURES;
    if (draw < before) {
      return {
        error: new Error("The call did not arrive"),
        takesEffect: false,
      };
    }
    return draw < before + after
      ? { error: new Error("The answer is lost"), takesEffect: true }
      : undefined;
  }

  #missing(): KinesisError {
    const index = this.#calls.findIndex((_, n) => !this.#processed.has(n));
    return failed(
      this.#options.seed,
      `value ${index} is not processed ${LIVENESS_MS / 60_000} minutes ` +
        `after the last crash; its handler was called ${
          this.#calls[index]
        } times` +
        (this.#lastError ? `: ${textOf(this.#lastError)}` : "") +
        ". A handler may wait only for 'clock' and 'io' of its context: virtual time does not wait for others",
      this.#lastError,
    );
  }
}

function failed(seed: number, what: string, cause: unknown): KinesisError {
  return new KinesisError(`The simulation with seed ${seed} fails: ${what}`, {
    code: "SimulationFailed",
    cause,
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function drawWay(choices: SeededChoices): Way {
  return {
    thereMs: choices.random() * WAY_MS,
    backMs: choices.random() * WAY_MS,
  };
}

function drawRules(choices: SeededChoices): FaultRule[] {
  const action = ["GetRecords", "GetShardIterator", "ListShards"];
  const odds = () => ({
    action,
    probability: choices.random() * 0.05,
    times: choices.integer(0, 6),
  });
  return [
    { ...odds(), fault: { type: "throttle" } },
    { ...odds(), fault: { type: "reset", when: "after" } },
    { ...odds(), fault: { type: "error", code: "InternalFailure" } },
    { ...odds(), fault: { type: "delay", ms: 3000, when: "after" } },
  ];
}
