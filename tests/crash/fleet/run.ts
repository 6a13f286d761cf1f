/**
 * Runs many workers that share a stream, and kills, freezes, stops and starts them.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { recordId } from "../../../mod.ts";
import { makeFolder } from "../folder.ts";
import type { FleetJob } from "./job.ts";
import { machineNow, readFleetLog, watchStalls } from "./log.ts";
import type { FleetOutcome, Life, Loads, Span } from "./outcome.ts";
import { eventsOf, type FleetEvent, type FleetPlan } from "./plan.ts";
import { FleetSource } from "./source.ts";
import { FleetStore } from "./store.ts";
import { loadsOf, spreadOf, TableReader, TableWatch } from "./table_watch.ts";
import { WorkerProcess } from "./worker_process.ts";

/** How long the workers may take for what is left when all events are over, in milliseconds. */
const PATIENCE_MS = 120_000;
/**
 * So many failover times the workers have to share the shards evenly: until then the averages of the
 * loads, which are those of a minute, have faded.
 */
const BALANCE_FAILOVERS = 30;

/** Runs a plan. Fails only if the run itself cannot go on: see `verifyFleet`. */
export async function runFleet(plan: FleetPlan): Promise<FleetOutcome> {
  const folder = await makeFolder();
  try {
    await Deno.mkdir(`${folder}/store`);
    await using store = await FleetStore.start(`${folder}/store`);
    await using source = new FleetSource(plan);
    await using reader = new TableReader(store.port);
    await reader.connect();
    await using stage = new Stage({ plan, folder, store, source, reader });
    return await stage.play();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Props {
  readonly plan: FleetPlan;
  readonly folder: string;
  readonly store: FleetStore;
  readonly source: FleetSource;
  readonly reader: TableReader;
}

class Stage implements AsyncDisposable {
  readonly #props: Props;
  readonly #watch: TableWatch;
  readonly #lives: WorkerProcess[] = [];
  /** The last process of each slot. */
  readonly #slots: (WorkerProcess | undefined)[];
  readonly #stalls: Span[] = [];
  readonly #endStalls: () => void;
  readonly #end = new AbortController();
  readonly #watching: Promise<void>;
  /** Events that take a while. */
  readonly #underWay: Promise<void>[] = [];
  #spare = new WorkerProcess();

  constructor(props: Props) {
    const { plan } = props;
    this.#props = props;
    this.#slots = Array.from({ length: plan.workers });
    this.#watch = new TableWatch(plan.failoverMs / 2);
    this.#endStalls = watchStalls((at, ms) => this.#stalls.push([at - ms, at]));
    this.#watching = props.reader.watch(this.#watch, this.#end.signal);
    // Thrown by play().
    this.#watching.catch(() => {});
  }

  async play(): Promise<FleetOutcome> {
    const { plan, source } = this.#props;
    for (let slot = 0; slot < plan.workers; slot++) this.#start(slot, true);
    await Promise.all(this.#underWay);
    const writing = source.write(plan.durationMs);
    // Thrown below.
    writing.catch(() => {});
    const start = performance.now();
    for (const event of eventsOf(plan)) {
      await delay(Math.max(0, start + event.atMs - performance.now()));
      this.#happen(event);
    }
    await Promise.all([writing, ...this.#underWay]);
    const quietAt = machineNow();
    const balance = await this.#balance();
    await this.#drain();
    this.#end.abort();
    await this.#watching;
    return await this.#outcome({ ...balance, quietAt });
  }

  /** Starts what an event does. */
  #happen(event: FleetEvent): void {
    const { source, store } = this.#props;
    switch (event.type) {
      case "start":
        return this.#start(event.slot, event.newName);
      case "outage":
        return this.#do(store.restart(event.forMs));
      case "kill":
      case "stop":
        return this.#do(this.#slots[event.slot]![event.type]());
      case "split":
      case "merge":
        return source[event.type]();
      default:
        return this.#slots[event.slot]![event.type]();
    }
  }

  #do(work: Promise<void>): void {
    // Thrown by play().
    work.catch(() => {});
    this.#underWay.push(work);
  }

  #start(slot: number, newName: boolean): void {
    const { plan, folder, source, store } = this.#props;
    const before = this.#slots[slot];
    const number = this.#lives.length;
    const job: FleetJob = {
      endpoint: source.endpoint,
      redisPort: store.port,
      logPath: logPath(folder, number),
      workerId: before && !newName ? before.job.workerId : `worker-${number}`,
      seed: plan.seed * 1000 + number,
      ordering: number % 2 === 0 ? "key" : "shard",
      failoverTimeMs: plan.failoverMs * plan.speed,
      speed: plan.speed,
    };
    const process = this.#spare;
    this.#spare = new WorkerProcess();
    this.#slots[slot] = process;
    this.#lives.push(process);
    this.#do((async () => {
      // Two workers of one name never run at once.
      await before?.ended();
      await process.start(job);
    })());
  }

  /** Waits until the workers hold equally many shards, and then for one failover time. */
  async #balance(): Promise<{ balancedAt?: number; loads: Loads }> {
    const { failoverMs } = this.#props.plan;
    const end = machineNow() + BALANCE_FAILOVERS * failoverMs;
    let balancedAt: number | undefined;
    while (machineNow() < end && balancedAt === undefined) {
      if (spreadOf(this.#loads()) <= 1) balancedAt = machineNow();
      else await delay(50);
    }
    await delay(failoverMs);
    return { balancedAt, loads: this.#loads() };
  }

  #loads(): Loads {
    const workers = this.#slots.map((process) => process!.job.workerId);
    return loadsOf(this.#watch.leases, workers);
  }

  /** Waits until everything is processed, and stops all workers. */
  async #drain(): Promise<void> {
    const { source } = this.#props;
    const last = new Map(
      [...source.stored()].map((
        [shardId, values],
      ) => [shardId, values.at(-1)!.id]),
    );
    const end = machineNow() + PATIENCE_MS;
    const isDone = () => {
      const left = new Map(last);
      for (const { shardId, checkpoint } of this.#watch.leases) {
        const id = left.get(shardId);
        if (id === undefined) continue;
        if (
          checkpoint.type === "SHARD_END" ||
          checkpoint.type === "SEQUENCE" &&
            recordId({
                shardId,
                subSequenceNumber: 9_999_999_999,
                ...checkpoint,
              }) >= id
        ) left.delete(shardId);
      }
      return left.size === 0;
    };
    // After that time the verification tells what is lost.
    while (!isDone() && machineNow() < end) await delay(50);
    const running = this.#slots.map((process) => process!);
    await Promise.all(running.map(async (process) => {
      if (process.isRunning) await process.stop();
      await process.ended();
    }));
  }

  async #outcome(
    balance: Pick<FleetOutcome, "balancedAt" | "loads" | "quietAt">,
  ): Promise<FleetOutcome> {
    const { plan, folder, source, store, reader } = this.#props;
    const lives = await Promise.all(
      this.#lives.map(async (process, number): Promise<Life> => ({
        ...process.times,
        lines: await readFleetLog(logPath(folder, number)),
      })),
    );
    const leases = await reader.read() ?? [];
    return {
      ...balance,
      plan,
      stored: source.stored(),
      parents: source.parents,
      lives,
      outages: store.outages,
      stalls: this.#stalls,
      stills: this.#watch.stills,
      heldAtEnd: leases.filter(({ owner }) => owner !== undefined)
        .map(({ shardId }) => shardId),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    this.#endStalls();
    const processes = [...this.#lives, this.#spare];
    await Promise.all(processes.map((it) => it[Symbol.asyncDispose]()));
    await Promise.allSettled([...this.#underWay, this.#watching]);
  }
}

function logPath(folder: string, number: number): string {
  return `${folder}/worker-${number}.jsonl`;
}
