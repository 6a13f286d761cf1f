/**
 * The alerts and the dashboard in real Prometheus, which scrapes a producer and a consumer.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { Registry } from "prom-client";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer } from "../../consumer.ts";
import { prometheusHooks } from "../../metrics/mod.ts";
import { json } from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
import { KinesisServer } from "../../testing/mod.ts";
import {
  hasPrometheus,
  promtool,
  startPrometheus,
} from "../_services/prometheus.ts";

const FOLDER = new URL("../../examples/monitoring/", import.meta.url);
const ALERTS = new URL("alerts.yaml", FOLDER);
const POLL_MS = 200;
const TRIES = 150;

/** The expressions of the dashboard, for all streams. */
async function expressions(): Promise<string[]> {
  const { panels } = JSON.parse(
    await Deno.readTextFile(new URL("dashboard.json", FOLDER)),
  );
  return panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
    targets.map(({ expr }) =>
      expr.replaceAll("$stream", ".*").replaceAll("[5m]", "[3s]")
    )
  );
}

async function query(endpoint: string, expr: string): Promise<unknown[]> {
  const url = `${endpoint}/api/v1/query?query=${encodeURIComponent(expr)}`;
  const { status, data, error } = await (await fetch(url)).json();
  assertEquals(status, "success", `${expr}: ${error}`);
  return data.result;
}

if (await hasPrometheus()) {
  Deno.test("promtool accepts the alerts, and each of them fires when it should", async () => {
    const rules = await promtool("check", "rules", ALERTS.pathname);
    assert(rules.includes("SUCCESS: 13 rules found"), rules);
    const tests = new URL("alerts_test.yaml", FOLDER).pathname;
    assert((await promtool("test", "rules", tests)).includes("SUCCESS"));
  });

  Deno.test("Each expression of the dashboard has data in Prometheus, which scrapes a running producer and consumer", async () => {
    const registry = new Registry();
    const hooks = prometheusHooks(registry);
    const server = new KinesisServer({ limits: false });
    server.createStream("orders", { shards: 2 });
    const client = new KinesisClient({
      region: "eu-west-1",
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
      fetch: server.fetch,
      hooks,
    });
    const orders = {
      client,
      streamName: "orders",
      processor: json<number>(),
      hooks,
    };
    const producer = new Producer(orders);
    const consumer = new Consumer({
      ...orders,
      checkpointer: new MemoryCheckpointer(),
      pollIntervalMs: 100,
    });
    const reading = consumer.process(() => {});
    let isOver = false;
    const writing = (async () => {
      for (let i = 0; !isOver; i++) {
        await producer.put(i, { partitionKey: `${i}` });
        await delay(20);
      }
    })();
    const app = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async () =>
        new Response(await registry.metrics(), {
          headers: { "content-type": registry.contentType },
        }),
    );
    {
      await using prometheus = await startPrometheus(
        `127.0.0.1:${app.addr.port}`,
        ALERTS,
      );
      for (const expr of await expressions()) {
        let result: unknown[] = [];
        for (let tries = 0; result.length === 0 && tries < TRIES; tries++) {
          result = await query(prometheus.endpoint, expr);
          if (result.length === 0) await delay(POLL_MS);
        }
        assert(result.length > 0, `no data: ${expr}`);
      }
      const { data } =
        await (await fetch(`${prometheus.endpoint}/api/v1/rules`)).json();
      assertEquals(data.groups[0].rules.length, 13);
      assertEquals(
        data.groups[0].rules.map(({ lastError }: { lastError?: string }) =>
          lastError ?? ""
        ),
        Array(13).fill(""),
      );
    }
    isOver = true;
    await writing;
    await producer.close();
    await consumer.close();
    await reading;
    await app.shutdown();
    server.close();
  });
}
