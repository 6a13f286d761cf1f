import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
} from "@std/assert";
import { Registry } from "prom-client";
import type { Snapshot } from "../../../cli/_monitor/snapshot.ts";
import { workerText } from "../../../cli/_page/panels.ts";
import { ServiceError } from "../../../errors.ts";
import { type AllHooks, prometheusHooks } from "../../../metrics/mod.ts";
import { Watch } from "./_watch.ts";

const ONE = "shardId-000000000001";

/** A worker: hooks that count into a registry, and its endpoint. */
class Worker {
  readonly url: URL;
  registry = new Registry();
  hooks: AllHooks;
  answer = async () => new Response(await this.registry.metrics());

  constructor(name: string, options: { perShard?: boolean } = {}) {
    this.url = new URL(`http://${name}/metrics`);
    this.hooks = prometheusHooks(this.registry, options);
  }

  /** Starts the process again: its counters begin at 0. */
  restart(): void {
    this.registry = new Registry();
    this.hooks = prometheusHooks(this.registry);
  }

  reads(shardId: string, millisBehindLatest: number, records = 0): void {
    const place = { stream: "orders", instance: 1, shardId };
    this.hooks.onShard!({ ...place, state: "opened" } as never);
    const bytes = records * 10;
    this.hooks.onRead!(
      { ...place, records, bytes, millisBehindLatest } as never,
    );
  }

  throttled(action: string): void {
    const code = "ProvisionedThroughputExceededException";
    const error = new ServiceError("no", { code, status: 400 } as never);
    this.hooks.onAttempt!({ action, durationMs: 1, error } as never);
  }
}

function watching(shards: number, ...workers: Worker[]): Watch {
  return new Watch(shards, {
    sample: false,
    metrics: workers.map(({ url }) => url),
    fetch: async (input) => {
      const url = new URL(`${input}`);
      return await workers.find((it) => it.url.href === url.href)!.answer();
    },
  });
}

function workerOf({ workers }: Snapshot, name: string) {
  return workers.find((it) => it.name === name)!;
}

Deno.test("monitor shows lag, reading and leases of the workers that serve metrics", async () => {
  const [one, two] = [new Worker("one:9464"), new Worker("two:9464")];
  one.reads("shardId-000000000000", 1_500);
  two.reads(ONE, 61_000);
  await using watch = watching(2, one, two);
  const snapshot = await watch.after(5, () => {
    one.reads("shardId-000000000000", 1_500, 200);
  });
  assertEquals(
    snapshot.shards.map(({ worker, lagMs }) => [worker, lagMs]),
    [["one:9464", 1_500], ["two:9464", 61_000]],
  );
  assertEquals(snapshot.totals.lagMs, 61_000);
  assertAlmostEquals(snapshot.totals.readRecordsPerSecond!, 200, 1);
  assertAlmostEquals(snapshot.totals.readBytesPerSecond!, 2_000, 10);
  const worker = workerOf(snapshot, "one:9464");
  assertEquals([worker.heldShards, worker.shards.length], [1, 1]);
  assertEquals(workerOf(snapshot, "two:9464").readRecordsPerSecond, 0);
});

Deno.test("monitor shows how far the handlers of workers are behind, beside the lag of reading", async () => {
  const [one, two] = [new Worker("one:9464"), new Worker("two:9464")];
  const first = "shardId-000000000000";
  for (const [worker, shardId] of [[one, first], [two, ONE]] as const) {
    worker.reads(shardId, 0);
    const place = { stream: "orders", instance: 1, shardId };
    const processingLagMs = worker === one ? 90_000 : 0;
    worker.hooks.onProcessingLag!({ ...place, processingLagMs });
  }
  await using watch = watching(2, one, two);
  const snapshot = await watch.after(5);
  assertEquals(
    snapshot.shards.map((it) => [it.lagMs, it.processingLagMs]),
    [[0, 90_000], [0, 0]],
  );
  const worker = workerOf(snapshot, "one:9464");
  assertEquals([worker.lagMs, worker.processingLagMs], [0, 90_000]);
  assertEquals(
    workerText(worker),
    "1 shard · lag 0 ms · processing lag 1 min 30 s · reads 0 records/s",
  );
});

Deno.test("monitor counts throttles of readers and writers, and leaves other streams out", async () => {
  const worker = new Worker("one:9464");
  await using watch = watching(1, worker);
  const { totals } = await watch.after(5, () => {
    worker.throttled("GetRecords");
    worker.throttled("DescribeStreamSummary");
    worker.hooks.onRead!(
      {
        stream: "others",
        instance: 1,
        shardId: ONE,
        records: 7,
        bytes: 7,
      } as never,
    );
  });
  assertAlmostEquals(totals.readThrottlesPerSecond!, 1, 0.01);
  assertEquals(totals.readRecordsPerSecond, undefined);
});

Deno.test("monitor lists the errors that workers count, also after a worker has started again", async () => {
  const worker = new Worker("one:9464");
  const fail = () =>
    worker.hooks.onReadError!(
      { stream: "orders", instance: 1, error: new TypeError("bad") } as never,
    );
  for (let i = 0; i < 5; i++) fail();
  await using watch = watching(1, worker);
  // What was counted before the monitor started is no news.
  assertEquals((await watch.after(3)).errors, []);
  fail();
  fail();
  const [error] = (await watch.after(2)).errors;
  assertEquals([error!.source, error!.count], ["one:9464", 2]);
  assertMatch(error!.message, /^consumer: /);
  worker.restart();
  worker.reads("shardId-000000000000", 0);
  fail();
  const after = await watch.after(2);
  assertEquals(after.errors[0]!.count, 3);
  assertEquals(workerOf(after, "one:9464").errors, 3);
});

Deno.test("monitor shows an endpoint that is down as a failing source, and goes on", async () => {
  const worker = new Worker("one:9464");
  worker.reads("shardId-000000000000", 1_000);
  await using watch = watching(1, worker);
  assertEquals((await watch.after(3)).shards[0]!.worker, "one:9464");
  const { answer } = worker;
  for (
    const [broken, message] of [
      [
        () => Promise.reject(new Error("connection refused")),
        /connection refused/,
      ],
      [() => Promise.resolve(new Response("", { status: 500 })), /status 500/],
      [
        () => Promise.resolve(new Response("<html>hello</html>")),
        /no metrics of this library/,
      ],
      [
        () =>
          Promise.resolve(
            new Response(
              new ReadableStream({
                pull: (it) => it.enqueue(new Uint8Array(1 << 20)),
              }),
            ),
          ),
        /too large/,
      ],
    ] as const
  ) {
    worker.answer = broken;
    const snapshot = await watch.after(20);
    const source = snapshot.sources.find(({ name }) => name === "one:9464")!;
    assertEquals(source.state, "failing");
    assertMatch(source.note!, message);
    assertEquals(snapshot.shards[0]!.worker, undefined);
    assertEquals(snapshot.totals.lagMs, undefined);
  }
  worker.answer = answer;
  const again = await watch.after(30);
  assertEquals(workerOf(again, "one:9464").state, "on");
  assertEquals(again.shards[0]!.lagMs, 1_000);
});

Deno.test("monitor reads names with another prefix, odd labels, and a lag for all shards", async () => {
  const worker = new Worker("one:9464");
  worker.answer = () =>
    Promise.resolve(
      new Response([
        "# HELP app_consumer_lag_seconds How far, in {seconds}",
        "# TYPE app_consumer_lag_seconds gauge",
        'app_consumer_lag_seconds{job="a, \\"b\\" {c}",stream="orders",shard="shardId-000000000000"} 1.5e0 1700000000000',
        'app_consumer_lag_seconds{stream="orders",shard="shardId-000000000001",} +Inf',
        'app_consumer_records_total{stream="orders"} 3 # {trace_id="x"} 1',
        'app_consumer_lag_seconds{stream="orders",shard="shardId-2"} NaN',
        "not a line of metrics {{{",
      ].join("\r\n")),
    );
  const all = new Worker("two:9464", { perShard: false });
  all.reads("shardId-000000000000", 90_000);
  await using watch = watching(2, worker, all);
  const snapshot = await watch.after(3);
  assertEquals(snapshot.shards[0]!.lagMs, 1_500);
  assertEquals(workerOf(snapshot, "one:9464").shards.length, 1);
  const view = workerOf(snapshot, "two:9464");
  assertEquals([view.shards, view.heldShards, view.lagMs], [[], 1, 90_000]);
  assert(snapshot.totals.readRecordsPerSecond !== undefined);
});

Deno.test("monitor names workers of one host by their URLs", async () => {
  const [one, two] = [new Worker("host:1"), new Worker("host:1")];
  two.url.pathname = "/two";
  await using watch = watching(1, one, two);
  assertEquals((await watch.after(1)).workers.map(({ name }) => name), [
    "http://host:1/metrics",
    "http://host:1/two",
  ]);
});
