/**
 * Runs a plan with a queue: an on-demand stream, a producer, and workers that share the queue.
 *
 * @module
 */
import { quiet } from "./host.ts";
import { delay } from "../../_core/clock.ts";
import type { Processor } from "../../processors/mod.ts";
import { QueueConsumer } from "../../queue.ts";
import type { QueueRecord } from "../../records.ts";
import {
  type FaultyFetch,
  KinesisServer,
  VirtualClock,
  withFaults,
} from "../../testing/mod.ts";
import { Machine } from "../../testing/_simulation/machine.ts";
import { SeededChoices } from "../../testing/_simulation/seeded_choices.ts";
import { PlannedFailure } from "./application.ts";
import { simulatedClient } from "./client.ts";
import { type Item, Journal } from "./journal.ts";
import type { Incident, Plan, WorkerPlan } from "./plan.ts";
import { LIVENESS_MS, type Outcome, PROCESSORS } from "./run.ts";
import { Truth } from "./truth.ts";
import { write } from "./writer.ts";

const STREAM = "orders";

interface Worker {
  readonly index: number;
  readonly plan: WorkerPlan;
  lives: number;
  life: string;
  machine: Machine | undefined;
  queue: QueueConsumer<Item> | undefined;
  isStopped: boolean;
}

/** Runs a plan of the profile `queue`. */
export async function runQueue(plan: Plan): Promise<Outcome> {
  return await new QueueWorld(plan).run();
}

class QueueWorld {
  readonly #plan: Plan;
  readonly #clock = new VirtualClock({ settle: quiet });
  readonly #journal = new Journal(() => this.#clock.monotonic());
  readonly #choices: SeededChoices;
  readonly #server: KinesisServer;
  readonly #service: FaultyFetch;
  readonly #queueARN: string;
  readonly #processor: Processor<Item>;
  readonly #workers: Worker[];
  readonly #errors: unknown[] = [];
  #requests = 0;
  #isHealed = false;
  #isOver = false;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#choices = new SeededChoices(plan.seed).fork(72);
    this.#server = new KinesisServer({
      clock: this.#clock,
      random: this.#choices.fork(1).random,
      limits: { control: false },
      logLimit: 0,
    });
    this.#server.createStream(STREAM, { mode: "ON_DEMAND" });
    this.#queueARN = this.#server.createQueue(STREAM, {
      startingPosition: "TRIM_HORIZON",
      maxReceiveCount: false,
    }).queueARN;
    const { rules, seed } = plan;
    const clock = this.#clock;
    this.#service = withFaults(this.#server.fetch, { rules, seed, clock });
    this.#processor = PROCESSORS[plan.processor]();
    this.#workers = plan.workers.map((worker, index) => ({
      index,
      plan: worker,
      lives: 0,
      life: "",
      machine: undefined,
      queue: undefined,
      isStopped: true,
    }));
  }

  async run(): Promise<Outcome> {
    const plan = this.#plan;
    const choices = this.#choices.fork(500);
    const machine = new Machine("p1", this.#clock);
    let isWritten = false;
    write({
      life: "p1",
      plan,
      machine,
      client: this.#client(machine, choices.fork(1)),
      processor: this.#processor,
      streamName: STREAM,
      journal: this.#journal,
      choices: choices.fork(2),
      left: { count: plan.producer.values },
    }).then(() => {
      isWritten = true;
    }, (error) => this.#journal.problem(`writing failed: ${error}`));
    for (const worker of this.#workers) {
      this.#at(worker.plan.startAt, () => this.#start(worker));
    }
    for (const incident of plan.incidents) {
      this.#at(incident.at, () => this.#happen(incident));
    }
    await this.#clock.advance(plan.durationMs);
    this.#heal();
    const end = this.#clock.monotonic() + LIVENESS_MS;
    const isEmpty = () => {
      const { visible, inFlight } = this.#server.queue(this.#queueARN);
      return visible.length + inFlight.length === 0;
    };
    while (!(isWritten && isEmpty()) && this.#clock.monotonic() < end) {
      await this.#clock.advance(500);
    }
    if (!isWritten || !isEmpty()) {
      this.#journal.problem(
        `the queue is not empty ${LIVENESS_MS} ms after the last fault`,
      );
    }
    this.#isOver = true;
    await this.#close();
    const stored = await new Truth(this.#server, STREAM, this.#processor)
      .read();
    this.#checkProcessed(stored.flatMap(({ values }) => values));
    return {
      journal: this.#journal,
      stored,
      effects: [],
      errors: this.#errors,
      virtualMs: this.#clock.monotonic(),
      requests: this.#requests,
    };
  }

  #at(ms: number, callback: () => void): void {
    this.#clock.setTimeout(callback, ms);
  }

  #client(machine: Machine, choices: SeededChoices) {
    return simulatedClient({
      machine,
      choices,
      service: this.#service,
      latencyMs: this.#plan.latency.networkMs,
      now: () => this.#clock.monotonic(),
      onRequest: () => void this.#requests++,
      onProblem: (what) => this.#journal.problem(what),
    });
  }

  #start(worker: Worker): void {
    if (this.#isOver) return;
    worker.isStopped = false;
    worker.lives++;
    const life = `w${worker.index}.${worker.lives}`;
    worker.life = life;
    const machine = new Machine(life, this.#clock);
    worker.machine = machine;
    const choices = this.#choices.fork(
      1000 * (worker.index + 1) + worker.lives,
    );
    this.#journal.note({ type: "started", life, worker: `w${worker.index}` });
    const queue = new QueueConsumer<Item>({
      client: this.#client(machine, choices.fork(1)),
      queueARN: this.#queueARN,
      processor: this.#processor,
      visibilityTimeoutSeconds: choices.pick([5, 30]),
      waitTimeSeconds: choices.pick([1, 10]),
      maxInFlight: choices.pick([10, 1000]),
      // Longer than any handler takes.
      closeTimeoutMs: 100_000,
      clock: machine.clock,
      random: choices.fork(2).random,
    });
    worker.queue = queue;
    this.#consume(queue, worker.plan, {
      life,
      machine,
      choices: choices.fork(3),
    }).then(
      () => this.#ended(worker, life, undefined),
      (error) => this.#ended(worker, life, error),
    );
  }

  async #consume(
    queue: QueueConsumer<Item>,
    { shape, concurrency, handlerMs, failRate }: WorkerPlan,
    { life, machine, choices }: {
      life: string;
      machine: Machine;
      choices: SeededChoices;
    },
  ): Promise<void> {
    const journal = this.#journal;
    const { clock } = machine;
    const handle = async (record: QueueRecord<Item>) => {
      const { recordId, value: { id } } = record;
      const fact = { life, recordId, id };
      journal.note({ type: "received", ...fact });
      // The signal tells the application that a record was lost while it waited in a pipe.
      if (!record.signal.aborted) this.#checkHeld(life, recordId, id);
      let isLeft = false;
      const leave = () => {
        if (isLeft) return;
        isLeft = true;
        journal.note({ type: "left", ...fact });
      };
      record.signal.addEventListener("abort", leave);
      if (record.signal.aborted) leave();
      try {
        if (handlerMs > 0) {
          // Some values take longer than the visibility timeout.
          const isLong = choices.chance(0.05) && !this.#isHealed;
          const ms = choices.integer(0, isLong ? 40_000 : handlerMs);
          await delay(ms, { clock });
        }
        if (!this.#isHealed && choices.chance(failRate)) {
          throw new PlannedFailure("planned");
        }
        if (!isLeft) journal.note({ type: "processed", ...fact });
        isLeft = true;
      } catch (error) {
        leave();
        throw error;
      } finally {
        record.signal.removeEventListener("abort", leave);
      }
    };
    switch (shape) {
      case "iterate":
      case "reader":
        for await (const record of queue) await handle(record);
        return;
      case "pipe":
        await queue.pipeTo(
          queue.acknowledging(new WritableStream({ write: handle })),
        );
        return;
      case "batches":
      case "commit":
        await queue.processBatches(async (records) => {
          const outcomes = await Promise.allSettled(records.map(handle));
          return records.filter((_, n) => outcomes[n]!.status === "rejected");
        }, { concurrency, maxValues: 10, maxWaitMs: 200, timeoutMs: 100_000 });
        return;
      default:
        await queue.process(handle, { concurrency, timeoutMs: 100_000 });
    }
  }

  /** A record that is handed out must be invisible to other receivers. */
  #checkHeld(life: string, recordId: string, id: string): void {
    const { visible } = this.#server.queue(this.#queueARN);
    if (!visible.some((it) => it.recordId === recordId)) return;
    // A frozen worker does not know how late it is.
    const wasFrozen = this.#journal.entries.some((it) =>
      it.type === "frozen" && it.life === life
    );
    if (wasFrozen) return;
    this.#journal.problem(`${life} got ${id}, which is visible to others`);
  }

  async #ended(worker: Worker, life: string, error: unknown): Promise<void> {
    const isPlanned = error === undefined || error instanceof PlannedFailure ||
      (error as Error).cause instanceof PlannedFailure;
    this.#journal.note({
      type: "ended",
      life,
      ...error !== undefined && { error: String(error) },
    });
    if (!isPlanned) this.#errors.push(error);
    if (worker.life !== life) return;
    await worker.queue!.close().catch(() => {});
    if (worker.life !== life || worker.isStopped) return;
    this.#at(1000, () => {
      if (worker.life === life && !worker.isStopped) this.#start(worker);
    });
  }

  #happen(incident: Incident): void {
    const { at: _, ...what } = incident;
    this.#journal.note({ type: "incident", what: JSON.stringify(what) });
    if (!("worker" in incident)) return;
    const worker = this.#workers[incident.worker]!;
    const { machine, life, queue } = worker;
    if (!machine?.isAlive || worker.isStopped) return;
    const startAgain = (ms: number) =>
      this.#at(ms, () => {
        if (worker.life === life) this.#start(worker);
      });
    switch (incident.type) {
      case "kill":
        machine.kill();
        this.#journal.note({ type: "killed", life });
        worker.isStopped = true;
        return startAgain(incident.restartMs);
      case "stop":
        worker.isStopped = true;
        queue!.close().catch(() => {}).then(() =>
          startAgain(incident.restartMs)
        );
        return;
      case "freeze":
        machine.freeze();
        this.#journal.note({ type: "frozen", life });
        return this.#at(incident.forMs, () => machine.thaw());
      case "jump":
        machine.jump(incident.ms);
    }
  }

  #heal(): void {
    this.#journal.note({ type: "healed" });
    this.#isHealed = true;
    this.#service.enabled = false;
    for (const worker of this.#workers) {
      worker.machine?.thaw();
      if (worker.machine?.isAlive && !worker.isStopped) continue;
      const { life } = worker;
      this.#at(1000, () => {
        if (worker.life === life && !worker.machine?.isAlive) {
          this.#start(worker);
        }
      });
    }
  }

  async #close(): Promise<void> {
    const closing = this.#workers.map((worker) => {
      const { machine, queue, life, isStopped } = worker;
      worker.isStopped = true;
      if (!machine?.isAlive || !queue) return undefined;
      return queue.close().catch((error) => {
        // The service may have delivered the records of a frozen worker to another one, and the
        // answers to requests that were sent before the end of the faults may still be missing.
        const wasFrozen = this.#journal.entries.some((it) =>
          it.type === "frozen" && it.life === life
        );
        if (isStopped || wasFrozen || this.#plan.rules.length > 0) return;
        this.#journal.problem(`${life} cannot close: ${error}`);
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

  #checkProcessed(values: readonly { readonly item: Item }[]): void {
    const processed = new Set(
      this.#journal.entries.flatMap((it) =>
        it.type === "processed" ? [it.id] : []
      ),
    );
    for (const { item: { id } } of values) {
      if (processed.has(id)) continue;
      this.#journal.problem(`${id} was removed from the queue unprocessed`);
    }
  }
}
