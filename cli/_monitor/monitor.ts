/**
 * Watches a stream: asks all sources, and makes snapshots of what they say.
 *
 * @module
 */
import { type Clock, delay } from "../../_core/clock.ts";
import type { Fetch } from "../../_core/fetch.ts";
import type { KinesisClient, Shard } from "../../client/mod.ts";
import type { StreamTarget } from "../_stream_target.ts";
import { CLOUDWATCH_MS, type CloudWatchMetrics } from "./cloudwatch_metrics.ts";
import { describe } from "./describe.ts";
import { ErrorLog } from "./error_log.ts";
import { shardViews } from "./shard_views.ts";
import { ShardLog } from "./shard_log.ts";
import type { Snapshot, SourceView, StreamView } from "./snapshot.ts";
import { type Outcome, Source } from "./source.ts";
import { MOST_READS, TipReader } from "./tip_reader.ts";
import { totalsOf } from "./totals.ts";
import { WorkerMetrics } from "./worker_metrics.ts";
import { holdersOf, workerNames } from "./workers.ts";

/** The time between two lists of the shards, in milliseconds: that of snapshots within bounds. */
const SHORTEST_LIST_MS = 1_000;
const LONGEST_LIST_MS = 3_000;
const DESCRIBE_MS = 15_000;
/** A list of leases is a scan in some stores, which AWS bills. */
const LEASES_MS = 10_000;
const READ_MS = 1_000;

/** The methods of a client that are needed. */
export type MonitorClient = Pick<
  KinesisClient,
  "describeStreamSummary" | "getRecords" | "getShardIterator" | "listAllShards"
>;

/** What is watched, and how. */
export interface MonitorOptions {
  readonly client: MonitorClient;
  readonly target: StreamTarget;
  /** The answer of DescribeStreamSummary at the start. */
  readonly stream: StreamView;
  readonly intervalMs: number;
  /** Whether the tips of the shards are read. */
  readonly sample: boolean;
  /** CloudWatch, or why it is not asked. */
  readonly cloudWatch: CloudWatchMetrics | string;
  /** The metrics endpoints of workers. */
  readonly metrics: readonly URL[];
  readonly clock: Clock;
  readonly fetch: Fetch;
  /** Who holds the lease of each shard, for programs without a metrics endpoint. */
  readonly leases?: (
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, string>>;
}

/** Watches a stream until it is closed. */
export class Monitor {
  readonly #options: MonitorOptions;
  readonly #stop = new AbortController();
  readonly #errors = new ErrorLog();
  readonly #shards = new ShardLog();
  readonly #list: Source;
  readonly #describe = new Source(
    "Stream",
    DESCRIBE_MS,
    "DescribeStreamSummary",
  );
  readonly #sampling = new Source("Sampling", READ_MS, SAMPLING_NOTE);
  readonly #cloudWatchSource = new Source(
    "CloudWatch",
    CLOUDWATCH_MS,
    "the last minute, up to a few minutes late",
  );
  readonly #leaseSource = new Source("Leases", LEASES_MS, "--store");
  readonly #tips: TipReader;
  readonly #workers: readonly WorkerMetrics[];
  readonly #startedAt: number;
  #leases: ReadonlyMap<string, string> = new Map();
  #stream: StreamView;
  #number = 0;
  #running: Promise<unknown> | undefined;

  constructor(options: MonitorOptions) {
    const { client, target, clock, fetch, stream, intervalMs } = options;
    this.#options = options;
    this.#stream = stream;
    this.#startedAt = clock.now();
    const listMs = Math.max(
      SHORTEST_LIST_MS,
      Math.min(LONGEST_LIST_MS, intervalMs),
    );
    this.#list = new Source("Shards", listMs, "ListShards");
    this.#tips = new TipReader(client, target, clock);
    const names = workerNames(options.metrics);
    this.#workers = options.metrics.map((url, i) =>
      new WorkerMetrics({
        ...{ url, clock, fetch, errors: this.#errors },
        source: new Source(names[i]!, Math.max(intervalMs, READ_MS), url.href),
      })
    );
  }

  /**
   * Snapshots, one every interval: the first one as soon as the shards are known, or after an
   * interval. Ends when the signal aborts.
   */
  async *snapshots(
    options: { signal: AbortSignal; isFirstAtOnce: boolean },
  ): AsyncGenerator<Snapshot> {
    const { clock, intervalMs } = this.#options;
    const { isFirstAtOnce } = options;
    const signal = AbortSignal.any([options.signal, this.#stop.signal]);
    const wait = (ms: number) =>
      delay(ms, { clock, signal }).then(() => true, () => false);
    await this.#start(signal);
    if (!isFirstAtOnce && !await wait(intervalMs)) return;
    do yield this.snapshot(); while (await wait(intervalMs));
  }

  /** What is known now. */
  snapshot(): Snapshot {
    const { clock, intervalMs, cloudWatch } = this.#options;
    const minute = typeof cloudWatch === "string" ? {} : cloudWatch.totals;
    const shards = shardViews({
      log: this.#shards,
      tips: this.#tips,
      workers: this.#workers,
      leases: this.#leases,
    });
    return {
      number: ++this.#number,
      time: clock.now(),
      startedAt: this.#startedAt,
      intervalMs,
      stream: { ...this.#stream, openShards: this.#shards.open.length },
      totals: totalsOf(shards, this.#workers, minute),
      shards,
      closedShards: this.#shards.closedCount,
      reshards: [...this.#shards.reshards],
      workers: [
        ...this.#workers.map((worker) => worker.view()),
        ...holdersOf(this.#leases, this.#leaseSource),
      ],
      sources: this.#sources(),
      errors: this.#errors.list(),
    };
  }

  /** Ends all work. */
  async close(): Promise<void> {
    this.#stop.abort(new DOMException("The monitor has ended", "AbortError"));
    await this.#running;
  }

  /** Resolves when the shards are known, or could not be listed. */
  async #start(signal: AbortSignal): Promise<void> {
    if (this.#running || signal.aborted) return;
    const ended = this.#stop.signal;
    const { sample, cloudWatch, leases, clock } = this.#options;
    const loops: Promise<void>[] = [];
    const repeat = (
      source: Source,
      work: (signal: AbortSignal) => Promise<Outcome | void>,
    ) => {
      const around = { clock, errors: this.#errors };
      loops.push(source.repeat(work, around, ended));
    };
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      repeat(
        this.#list,
        (signal) => this.#listShards(signal).finally(resolve),
      );
      this.#running = Promise.all(loops);
    });
    repeat(this.#describe, (signal) => this.#describeStream(signal));
    if (sample) repeat(this.#sampling, (signal) => this.#read(signal));
    if (typeof cloudWatch !== "string") {
      repeat(
        this.#cloudWatchSource,
        (signal) => cloudWatch.read(clock.now(), signal),
      );
    }
    if (leases) {
      repeat(this.#leaseSource, async (signal) => {
        this.#leases = await leases(signal);
      });
    }
    for (const worker of this.#workers) {
      repeat(worker.source, (signal) => worker.read(this.#stream.name, signal));
    }
    this.#running = Promise.all(loops);
  }

  async #listShards(signal: AbortSignal): Promise<void> {
    const { client, target, clock } = this.#options;
    const shards: Shard[] = [];
    for await (const shard of client.listAllShards(target, { signal })) {
      shards.push(shard);
    }
    this.#shards.update(shards, clock.now());
  }

  async #describeStream(signal: AbortSignal): Promise<void> {
    this.#stream = await describe(
      this.#options.client,
      this.#options.target,
      signal,
    );
  }

  async #read(signal: AbortSignal): Promise<Outcome> {
    return await this.#tips.read(this.#shards.open.map(({ id }) => id), signal);
  }

  #sources(): SourceView[] {
    const { sample, cloudWatch, leases, metrics } = this.#options;
    const off = (source: Source, note: string): SourceView => ({
      ...{ name: source.name, state: "off", note },
    });
    const { throttles } = this.#tips;
    const sampling = this.#sampling.view();
    const turns = this.#shards.open.length > MOST_READS
      ? `; ${MOST_READS} shards a second, in turns`
      : "";
    const throttled = throttles > 0 ? `; throttled ${throttles} times` : "";
    return [
      this.#list.view(),
      this.#describe.view(),
      sample
        ? { ...sampling, note: `${sampling.note}${turns}${throttled}` }
        : off(this.#sampling, "--no-sample"),
      typeof cloudWatch === "string"
        ? off(this.#cloudWatchSource, cloudWatch)
        : this.#cloudWatchSource.view(),
      ...(leases ? [this.#leaseSource.view()] : []),
      ...(metrics.length === 0
        ? [
          {
            name: "Workers",
            state: "off",
            note: "--metrics <url> shows lag and reading, and --store leases",
          } as const,
        ]
        : this.#workers.map(({ source }) => source.view())),
    ];
  }
}

const SAMPLING_NOTE = "takes 1 of the 5 reads a second of each shard";
