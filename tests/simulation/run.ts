/**
 * Runs a plan: one stream, a producer, workers and a store, in virtual time.
 *
 * @module
 */
import { quiet, resetHost } from "./host.ts";
import type { KinesisClient } from "../../client/mod.ts";
import { Consumer } from "../../consumer.ts";
import { KinesisError } from "../../errors.ts";
import {
  gzip,
  json,
  jsonLines,
  kplJson,
  type Processor,
} from "../../processors/mod.ts";
import {
  type Fetch,
  KinesisServer,
  VirtualClock,
  withFaults,
} from "../../testing/mod.ts";
import { Machine } from "../../testing/_simulation/machine.ts";
import { RemoteStore } from "../../testing/_simulation/remote_store.ts";
import { SeededChoices } from "../../testing/_simulation/seeded_choices.ts";
import { Application, PlannedFailure } from "./application.ts";
import { missing } from "./completeness.ts";
import { drawWay, simulatedClient } from "./client.ts";
import { type Item, Journal } from "./journal.ts";
import { withStaleLists } from "./lists.ts";
import type { Incident, Plan, WorkerPlan } from "./plan.ts";
import { runQueue } from "./queue_run.ts";
import { SimulatedStore } from "./store.ts";
import { openShards, type StoredShard, Truth } from "./truth.ts";
import { write } from "./writer.ts";

const STREAM = "orders";
/** Everything must be processed so long after the last fault, in milliseconds. */
export const LIVENESS_MS = 240_000;
/** Most open shards. */
const MOST_SHARDS = 8;
/** Most values that a worker holds in reading buffers, beyond its options. */
const LOOSE_ROOM = 1.5;
/** The processors by name. */
export const PROCESSORS: Record<Plan["processor"], () => Processor<Item>> = {
  json,
  jsonLines,
  kplJson,
  gzip: () => gzip(jsonLines<Item>()),
};

/** What a run has left. */
export interface Outcome {
  readonly journal: Journal;
  readonly stored: readonly StoredShard[];
  readonly effects: readonly string[];
  /** Errors that ended a life and that the plan did not demand. */
  readonly errors: readonly unknown[];
  readonly virtualMs: number;
  readonly requests: number;
}

/** Runs a plan. */
export async function run(plan: Plan): Promise<Outcome> {
  resetHost(plan.seed);
  if (plan.profile === "queue") return await runQueue(plan);
  const world = new World(plan);
  try {
    return await world.run();
  } finally {
    world.close();
  }
}

interface Worker {
  readonly index: number;
  readonly plan: WorkerPlan;
  name: string;
  lives: number;
  life: string;
  machine: Machine | undefined;
  consumer: Consumer<Item> | undefined;
  /** Set while the worker is to stay stopped. */
  isStopped: boolean;
  /** Whether this life has been closed: by the plan, or because its program has ended. */
  isClosed: boolean;
  /** Whether this life has ended, and its consumer is closed. */
  hasEnded: boolean;
  /** The service that this life cannot reach. */
  cutOff: "store" | "kinesis" | undefined;
}

class World {
  readonly #plan: Plan;
  readonly #clock = new VirtualClock({ settle: quiet });
  readonly #journal = new Journal(() => this.#clock.monotonic());
  readonly #choices: SeededChoices;
  readonly #server: KinesisServer;
  readonly #service: Fetch & { enabled: boolean };
  readonly #store: SimulatedStore;
  readonly #workers: Worker[];
  readonly #errors: unknown[] = [];
  readonly #processor: Processor<Item>;
  readonly #left: { count: number };
  readonly #truth: Truth;
  #writing: Promise<void> = Promise.resolve();
  #writer: Machine | undefined;
  #writerLives = 0;
  #isHealed = false;
  /** Whether the worker that starts now reads with `until: "caught-up"`. */
  #isFinishing = false;
  #mayStart = true;
  #isOver = false;
  #storeIsDown = false;
  #requests = 0;
  /** The key whose handler hangs, and the end of that. */
  #stuck: { shardId?: string; until: Promise<void>; end: () => void };

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#choices = new SeededChoices(plan.seed).fork(71);
    this.#server = new KinesisServer({
      clock: this.#clock,
      random: this.#choices.fork(1).random,
      limits: { control: false },
      logLimit: 0,
    });
    this.#server.createStream(STREAM, { shards: plan.shards });
    this.#service = withFaults(
      withStaleLists(
        this.#server.fetch,
        this.#choices.fork(2),
        {
          probability: () => this.#isHealed ? 0 : plan.staleLists,
          // If the first lists lack shards, a lease of the one and a list of the other shards look
          // like a stream that was deleted and created again.
          mayLack: () => this.#clock.monotonic() > 10_000,
        },
      ),
      { rules: plan.rules, seed: plan.seed, clock: this.#clock },
    );
    this.#store = new SimulatedStore(plan.store, this.#clock, this.#journal);
    this.#processor = PROCESSORS[plan.processor]();
    this.#truth = new Truth(this.#server, STREAM, this.#processor);
    this.#left = { count: plan.producer.values };
    this.#workers = plan.workers.map((worker, index) => ({
      index,
      plan: worker,
      name: `w${index}`,
      lives: 0,
      life: "",
      machine: undefined,
      consumer: undefined,
      isStopped: true,
      isClosed: false,
      hasEnded: false,
      cutOff: undefined,
    }));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stuck = { until: promise, end: resolve };
  }

  close(): void {
    this.#store.close();
  }

  async run(): Promise<Outcome> {
    const plan = this.#plan;
    this.#startWriter();
    for (const worker of this.#workers) {
      this.#at(worker.plan.startAt, () => this.#start(worker));
    }
    for (const incident of plan.incidents) {
      this.#at(incident.at, () => this.#happen(incident));
    }
    this.#watch();
    await this.#clock.advance(plan.durationMs);
    this.#heal();
    if (plan.finish === "caught-up") await this.#readToTheEnd();
    const stored = await this.#untilProcessed();
    this.#isOver = true;
    this.#mayStart = this.#isFinishing = false;
    await this.#stopAll();
    return {
      journal: this.#journal,
      stored,
      effects: this.#store.effects,
      errors: this.#errors,
      virtualMs: this.#clock.monotonic(),
      requests: this.#requests,
    };
  }

  #at(ms: number, callback: () => void): void {
    this.#clock.setTimeout(callback, ms);
  }

  // Writing.

  #startWriter(): void {
    const life = `p${++this.#writerLives}`;
    const machine = new Machine(life, this.#clock);
    const choices = this.#choices.fork(500 + this.#writerLives);
    this.#writer = machine;
    const killed = Promise.withResolvers<void>();
    machine.onKill(killed.resolve);
    const writing = write({
      life,
      plan: this.#plan,
      machine,
      client: this.#client(machine, choices.fork(1)),
      processor: this.#processor,
      streamName: STREAM,
      journal: this.#journal,
      choices: choices.fork(2),
      left: this.#left,
    }).catch((error) => this.#journal.problem(`writing failed: ${error}`));
    this.#writing = Promise.race([writing, killed.promise]);
  }

  // Workers.

  #start(worker: Worker): void {
    if (!this.#mayStart && !this.#isFinishing) return;
    worker.isStopped = false;
    worker.isClosed = worker.hasEnded = false;
    const plan = this.#plan;
    worker.lives++;
    const life = `${worker.name}.${worker.lives}`;
    worker.life = life;
    const choices = this.#choices.fork(
      1000 * (worker.index + 1) + worker.lives,
    );
    const lateness = choices.fork(5);
    const machine = new Machine(
      life,
      this.#clock,
      plan.lateMs > 0
        ? () => this.#isHealed ? 0 : lateness.random() * plan.lateMs
        : undefined,
    );
    worker.machine = machine;
    const { journal } = { journal: this.#journal };
    journal.note({ type: "started", life, worker: worker.name });
    const consumer = new Consumer<Item>({
      client: this.#client(
        machine,
        choices.fork(1),
        () => worker.cutOff === "kinesis",
      ),
      streamName: STREAM,
      processor: this.#processor,
      checkpointer: new RemoteStore({
        machine,
        store: this.#store.of(life),
        draw: this.#storeDraw(
          choices.fork(2),
          () => worker.cutOff === "store",
        ),
      }),
      workerId: worker.name,
      ...this.#isFinishing && { until: "caught-up" as const },
      failoverTimeMs: plan.failoverTimeMs,
      ...plan.consumer,
      ...plan.fanOut && { fanOut: { consumerName: "app" } },
      clock: machine.clock,
      random: choices.fork(3).random,
      hooks: {
        onShard: ({ state, shardId }) => {
          if (state === "opened") journal.note({ type: state, life, shardId });
          else if (
            state === "lost" || state === "released" || state === "finished"
          ) journal.note({ type: "closed", life, shardId, state });
        },
      },
    });
    worker.consumer = consumer;
    const effects = new SeededChoices(plan.seed).fork(80 + worker.lives);
    const application = new Application({
      life,
      plan: worker.plan,
      machine,
      consumer,
      journal,
      choices: choices.fork(4),
      mayFail: () => !this.#isHealed,
      stuck: (item) =>
        plan.stuck === "handler" && !this.#isHealed && item.key === "p1-1"
          ? this.#stuck.until
          : undefined,
      commit: (records, context) =>
        machine.call(
          () => this.#store.commit(records, context),
          drawWay(effects, plan.latency.storeMs),
        ),
    });
    application.run().then(
      () => this.#ended(worker, life, undefined),
      (error) => this.#ended(worker, life, error),
    );
  }

  async #ended(worker: Worker, life: string, error: unknown): Promise<void> {
    const isPlanned = error === undefined || error instanceof PlannedFailure ||
      (error as Error).cause instanceof PlannedFailure;
    this.#journal.note({
      type: "ended",
      life,
      ...error !== undefined && { error: describe(error) },
    });
    if (!isPlanned) this.#errors.push(error);
    if (worker.life !== life) return;
    worker.isClosed = true;
    // Waits for the leases to be given back, as a program does before it ends.
    await worker.consumer!.close().catch(() => {});
    worker.hasEnded = true;
    if (worker.life !== life || worker.isStopped || this.#isOver) return;
    this.#at(1000, () => {
      if (worker.life === life && !worker.isStopped) this.#start(worker);
    });
  }

  #happen(incident: Incident): void {
    const { at: _, ...what } = incident;
    this.#journal.note({ type: "incident", what: JSON.stringify(what) });
    const worker = "worker" in incident
      ? this.#workers[incident.worker]
      : undefined;
    switch (incident.type) {
      case "split":
      case "merge":
        return void this.#reshard(incident.type, incident.nth);
      case "kill-producer":
        if (this.#left.count === 0) return;
        this.#writer!.kill();
        this.#journal.note({ type: "writer-killed", life: this.#writer!.name });
        this.#startWriter();
        return;
      case "store-outage":
        this.#storeIsDown = true;
        return this.#at(incident.forMs, () => {
          this.#storeIsDown = false;
        });
    }
    if (!worker?.machine) return;
    const { machine } = worker;
    switch (incident.type) {
      case "kill": {
        if (!machine.isAlive || worker.isStopped) return;
        const { life } = worker;
        machine.kill();
        this.#journal.note({ type: "killed", life });
        worker.isStopped = true;
        if (!incident.keepsName) {
          worker.name = `w${worker.index}${"abcdefgh"[worker.lives % 8]}`;
        }
        return this.#at(incident.restartMs, () => {
          if (worker.life === life) this.#start(worker);
        });
      }
      case "stop": {
        if (worker.isStopped || !machine.isAlive) return;
        const { life } = worker;
        worker.isStopped = true;
        worker.isClosed = true;
        // Started again after its end, as two processes of one name would take each other's leases.
        worker.consumer!.close().catch(() => {}).then(() =>
          this.#at(incident.restartMs, () => {
            if (worker.life === life) this.#start(worker);
          })
        );
        return;
      }
      case "freeze":
        machine.freeze();
        this.#journal.note({ type: "frozen", life: worker.life });
        return this.#at(incident.forMs, () => machine.thaw());
      case "cut-off":
        worker.cutOff = incident.from;
        return this.#at(incident.forMs, () => {
          worker.cutOff = undefined;
        });
      case "jump":
        machine.jump(incident.ms);
    }
  }

  async #reshard(type: "split" | "merge", nth: number): Promise<void> {
    const open = await openShards(this.#server, STREAM);
    if (type === "split") {
      if (open.length >= MOST_SHARDS) return;
      this.#server.split(STREAM, open[nth % open.length]!);
    } else if (open.length > 1) {
      const first = nth % (open.length - 1);
      this.#server.merge(STREAM, open[first]!, open[first + 1]!);
    }
  }

  // The end.

  #heal(): void {
    this.#journal.note({ type: "healed" });
    this.#isHealed = true;
    this.#storeIsDown = false;
    this.#service.enabled = false;
    this.#stuck.end();
    for (const worker of this.#workers) {
      worker.cutOff = undefined;
      worker.machine?.thaw();
      if (worker.machine?.isAlive && !worker.isStopped) continue;
      const { life } = worker;
      this.#at(1000, () => {
        if (worker.life === life && worker.machine?.isAlive !== true) {
          this.#start(worker);
        }
      });
    }
  }

  /** Stops all workers, and reads with a new one until it has caught up. */
  async #readToTheEnd(): Promise<void> {
    const end = this.#clock.monotonic() + LIVENESS_MS;
    let isReady = false;
    this.#mayStart = false;
    const stopped = this.#workers.map(async (worker) => {
      worker.isStopped = true;
      worker.isClosed = true;
      if (worker.machine?.isAlive) {
        await worker.consumer?.close().catch(() => {});
      }
    });
    Promise.all([this.#writing, ...stopped]).then(() => {
      isReady = true;
    });
    while (!isReady && this.#clock.monotonic() < end) {
      await this.#clock.advance(500);
    }
    // A write that is still under way to the store would look like one of a living worker.
    const { storeFaults, failoverTimeMs } = this.#plan;
    if (storeFaults.slow > 0) await this.#clock.advance(2 * failoverTimeMs);
    this.#isFinishing = true;
    const worker = this.#workers[0]!;
    worker.name = "w0-last";
    this.#start(worker);
    this.#isFinishing = false;
    while (!worker.hasEnded && this.#clock.monotonic() < end) {
      await this.#clock.advance(500);
    }
    worker.isStopped = true;
    if (!worker.hasEnded) {
      return this.#journal.problem("reading until caught-up does not end");
    }
    // What is stored must be stored now: no worker goes on.
    const left = await this.#missing(await this.#truth.read());
    if (left) {
      this.#journal.problem(`reading until caught-up has ended, and ${left}`);
    }
  }

  /** Resolves when every value is processed and the checkpoints say so. */
  async #untilProcessed(): Promise<readonly StoredShard[]> {
    const end = this.#clock.monotonic() + LIVENESS_MS;
    let isWritten = false;
    this.#writing.then(() => {
      isWritten = true;
    });
    let left = "the producer is not closed";
    let stored: readonly StoredShard[] = [];
    while (this.#clock.monotonic() < end) {
      await this.#clock.advance(500);
      if (!isWritten) continue;
      stored = await this.#truth.read();
      left = await this.#missing(stored);
      if (left === "") return stored;
    }
    this.#journal.problem(
      `not over ${LIVENESS_MS} ms after the last fault: ${left}`,
    );
    return stored.length > 0 ? stored : await this.#truth.read();
  }

  async #missing(stored: readonly StoredShard[]): Promise<string> {
    const leases = await this.#store.list(STREAM);
    return missing(stored, this.#journal, leases);
  }

  async #stopAll(): Promise<void> {
    const closing = this.#workers.map((worker) => {
      worker.isStopped = true;
      const { machine, consumer } = worker;
      if (!machine?.isAlive || !consumer) return undefined;
      const { isClosed } = worker;
      return consumer.close().catch((error) => {
        // The store may have failed when it was closed.
        if (isClosed) return;
        this.#journal.problem(
          `${worker.life} cannot close: ${describe(error)}`,
        );
      });
    });
    let isClosed = false;
    Promise.all(closing).then(() => {
      isClosed = true;
    });
    for (let ms = 0; ms < 60_000 && !isClosed; ms += 1000) {
      await this.#clock.advance(1000);
    }
    if (!isClosed) this.#journal.problem("a consumer does not close in 60 s");
  }

  // Network and store.

  #client(
    machine: Machine,
    choices: SeededChoices,
    isCutOff?: () => boolean,
  ): KinesisClient {
    return simulatedClient({
      machine,
      choices,
      isCutOff,
      service: this.#service,
      latencyMs: this.#plan.latency.networkMs,
      now: () => this.#clock.monotonic(),
      onRequest: () => void this.#requests++,
      onProblem: (what) => this.#journal.problem(what),
    });
  }

  #storeDraw(choices: SeededChoices, isCutOff: () => boolean) {
    const { latency, storeFaults, failoverTimeMs } = this.#plan;
    return () => {
      const way = drawWay(choices, latency.storeMs);
      const draw = choices.random();
      const late = choices.random() * 2 * failoverTimeMs;
      if (this.#storeIsDown || isCutOff()) {
        return { way, fate: failure("the store is down", false) };
      }
      if (this.#isHealed) return { way };
      const { fail, lose, slow } = storeFaults;
      if (draw < fail) return { way, fate: failure("not stored", false) };
      if (draw < fail + lose) return { way, fate: failure("lost", true) };
      if (draw < fail + lose + slow) {
        const isLateThere = late % 2 < 1;
        return {
          way: isLateThere ? { ...way, thereMs: late } : {
            ...way,
            backMs: late,
          },
        };
      }
      return { way };
    };
  }

  /** Looks at the buffers every second. */
  #watch(): void {
    const { prefetch, maxUnacknowledged } = this.#plan.consumer;
    const look = () => {
      if (this.#isOver) return;
      for (const { machine, consumer, life } of this.#workers) {
        if (!machine?.isRunning || !consumer) continue;
        const { shards, unacknowledged } = consumer.status();
        const buffered = shards.reduce(
          (sum, shard) => sum + (shard.bufferedRecords ?? 0),
          0,
        );
        const most = Math.max(prefetch.records, shards.length) * LOOSE_ROOM;
        if (buffered > most) {
          this.#journal.problem(`${life} buffers ${buffered} records`);
        }
        if (unacknowledged > maxUnacknowledged * LOOSE_ROOM) {
          this.#journal.problem(
            `${life} has ${unacknowledged} unacknowledged values`,
          );
        }
      }
      this.#at(1000, look);
    };
    look();
  }
}

function failure(text: string, takesEffect: boolean) {
  return { error: new Error(`${text} (planned)`), takesEffect };
}

function describe(error: unknown): string {
  const { name, message } = error as Error;
  const code = error instanceof KinesisError ? ` ${error.code}` : "";
  return `${name}${code}: ${message}`;
}
