/**
 * In workerd, the runtime of Cloudflare Workers, the end of a request stops what it has started: its
 * promises never settle. The other requests of the Worker that use the same client go on.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { KinesisServer } from "../../testing/mod.ts";
import { bundle } from "../_services/bundle.ts";
import { Program } from "../_services/program.ts";

const WORKER = new URL("in_shared_worker.ts", import.meta.url);
const SERVE = new URL("../_services/serve_worker.ts", import.meta.url);
/** A call that does not settle is shared for 3 seconds. The rest is for a slow machine. */
const LONGEST_MS = 8000;
/** The clients of the Worker, by the source of their credentials. */
const CLIENTS = ["plain", "cached", "expiring", "cognito"];

/** Kinesis, Cognito, and a service with credentials. Each source hangs at its first request. */
function serve() {
  const kinesis = new KinesisServer({ limits: false });
  kinesis.createStream("orders");
  const asked = new Set<string>();
  const allHang = Promise.withResolvers<void>();
  const hanging = Promise.withResolvers<Response>();
  const listener = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      const target = request.headers.get("x-amz-target") ?? "";
      if (target.startsWith("Kinesis")) return await kinesis.fetch(request);
      await request.body?.cancel();
      const source = pathname === "/" ? target : pathname;
      if (source.endsWith(".GetCredentialsForIdentity")) {
        return Response.json({
          Credentials: {
            AccessKeyId: "ASIA",
            SecretKey: "secret",
            SessionToken: "token",
            Expiration: Date.now() / 1000 + 3600,
          },
        });
      }
      if (asked.has(source)) {
        return Response.json(
          source.startsWith("/")
            ? { accessKeyId: "AKIA", secretAccessKey: "secret" }
            : { IdentityId: "us-east-1:1" },
        );
      }
      asked.add(source);
      if (asked.size === CLIENTS.length) allHang.resolve();
      return await hanging.promise;
    },
  );
  return {
    endpoint: `http://127.0.0.1:${listener.addr.port}`,
    /** Answers the requests that hang. */
    release: () => hanging.resolve(new Response(null, { status: 503 })),
    /** Resolves when each source has got its first request. */
    allHang: allHang.promise,
    async [Symbol.asyncDispose]() {
      await listener.shutdown();
      kinesis.close();
    },
  };
}

for (const way of ["is answered", "is cut off"]) {
  Deno.test(`A request in workerd uses a client that waits for the credentials of a request that ${way}`, async () => {
    const settings = await Deno.makeTempFile({ suffix: ".json" });
    const script = await bundle(WORKER);
    await Deno.writeTextFile(
      settings,
      JSON.stringify({ script, bindings: {} }),
    );
    await using server = serve();
    await using program = new Program({
      args: ["-A", SERVE.pathname, settings],
    });
    const [url] = await program.until(({ length }) => length > 0);
    const address = (client: string, more: Record<string, string> = {}) => {
      const { endpoint } = server;
      return `${url}?${new URLSearchParams({ endpoint, client, ...more })}`;
    };
    const cut = new AbortController();
    const first = CLIENTS.map(async (client) => {
      if (way === "is answered") {
        const response = await fetch(address(client, { leave: "" }));
        assertEquals(await response.text(), "left");
      } else {
        const { signal } = cut;
        await assertRejects(() => fetch(address(client), { signal }));
      }
    });
    await server.allHang;
    cut.abort();
    await Promise.all(first);
    const start = performance.now();
    await Promise.all([...CLIENTS, ...CLIENTS].map(async (client) => {
      const response = await fetch(address(client));
      const text = await response.text();
      assert(response.ok, `${client}: ${text}`);
      assertEquals(JSON.parse(text), ["orders"]);
    }));
    const ms = performance.now() - start;
    assert(ms < LONGEST_MS, `${ms} ms`);
    server.release();
    assertEquals(await program.end(), 0);
    await Deno.remove(settings);
  });
}
