/**
 * The example for Cloudflare Workers runs in workerd, the runtime of Workers.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { bundle } from "../../_services/bundle.ts";
import { serveInMemory } from "./in_memory.ts";
import { Program } from "../../_services/program.ts";

const WORKER = new URL(
  "../../../examples/cloudflare_worker/worker.ts",
  import.meta.url,
);
const SERVE = new URL("../../_services/serve_worker.ts", import.meta.url);

/** Serves the Worker. Its program ends when it is disposed of. */
async function serve(
  endpoint: string,
  bindings: Readonly<Record<string, string>> = {},
): Promise<{ program: Program; url: string }> {
  const settings = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(
    settings,
    JSON.stringify({
      script: await bundle(WORKER),
      bindings: {
        STREAM_NAME: "orders",
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "id",
        AWS_SECRET_ACCESS_KEY: "secret",
        KINESIS_ENDPOINT: endpoint,
        ...bindings,
      },
    }),
  );
  const program = new Program({ args: ["-A", SERVE.pathname, settings] });
  const [url] = await program.until(({ length }) => length > 0);
  await Deno.remove(settings);
  return { program, url: url! };
}

Deno.test("The Cloudflare Worker stores an order before it answers, and a click after it", async () => {
  await using kinesis = serveInMemory("orders");
  const { program, url } = await serve(kinesis.endpoint);
  await using _ = program;
  const post = (path: string, body: string) =>
    fetch(new URL(path, url), { method: "POST", body });

  const order = await post("/orders", '{"total":1}');
  assertEquals(order.status, 201);
  const { shardId, sequenceNumber } = await order.json();
  assertMatch(shardId, /^shardId-/);
  assertEquals(
    kinesis.server.records("orders").map((record) => record.sequenceNumber),
    [sequenceNumber],
  );

  const click = await post("/clicks", '{"what":"button"}');
  assertEquals(click.status, 202);
  await click.text();
  await kinesis.until(2);
  assertEquals(kinesis.values(), [{ total: 1 }, { what: "button" }]);

  const cases = [
    [await post("/orders", "no json"), 400],
    [await post("/orders", ""), 400],
    [await post("/orders", `"${"x".repeat(100_000)}"`), 413],
    [await post("/clicks", `"${"€".repeat(50_000)}"`), 413], // 150 002 bytes
    [await post("/other", "{}"), 404],
    [await fetch(new URL("/orders", url)), 405],
  ] as const;
  for (const [response, status] of cases) {
    assertEquals(response.status, status);
    await response.text();
  }

  // Each request waits for its own producer only: many at once are all answered.
  const many = await Promise.all(
    Array.from({ length: 30 }, (_, i) => post("/orders", `{"total":${i}}`)),
  );
  assertEquals(many.map(({ status }) => status), Array(30).fill(201));
  await Promise.all(many.map((response) => response.text()));
  assertEquals(kinesis.server.records("orders").length, 32);

  kinesis.refuse = true;
  const refused = await post("/orders", '{"total":2}');
  assertEquals(refused.status, 503);
  await refused.text();
  assertEquals(await program.end(), 0);
});

Deno.test("The Cloudflare Worker answers in time although Kinesis does not", async () => {
  const { promise: isOver, resolve: end } = Promise.withResolvers<Response>();
  const silent = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => isOver,
  );
  const { program, url } = await serve(
    `http://127.0.0.1:${silent.addr.port}`,
    { LIMIT_MS: "300" },
  );
  await using _ = program;
  const order = await fetch(new URL("/orders", url), {
    method: "POST",
    body: '{"total":1}',
    signal: AbortSignal.timeout(20_000),
  });
  assertEquals(order.status, 503);
  await order.text();
  end(new Response());
  await silent.shutdown();
  assertEquals(await program.end(), 0);
});
