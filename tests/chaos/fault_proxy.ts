/**
 * A proxy with faults in front of a Kinesis, for clients in other processes and languages.
 *
 *     deno run --allow-net=127.0.0.1 --allow-read=plan.json tests/chaos/fault_proxy.ts \
 *       --target http://127.0.0.1:4567 --plan plan.json --port 4568
 *
 * The plan is a FaultPlan as JSON, so its rules cannot have conditions that are functions. Without
 * `--target`, the proxy passes requests to an in-memory Kinesis. Prints `listening on
 * http://127.0.0.1:<port>`. `GET /` answers with the number of times that each fault happened.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  type FaultPlan,
  type Fetch,
  KinesisServer,
  withFaults,
} from "../../testing/mod.ts";

/** Options of {@linkcode startFaultProxy}. */
export interface FaultProxyOptions {
  /** The faults. */
  plan: FaultPlan;
  /**
   * The base URL of the Kinesis behind the proxy.
   * @default {an in-memory Kinesis}
   */
  target?: string;
  /**
   * The loopback port.
   * @default {0, a free port}
   */
  port?: number;
}

/** A running proxy. */
export interface FaultProxy extends AsyncDisposable {
  /** The base URL of the proxy. */
  readonly endpoint: string;
}

/** Starts a proxy on 127.0.0.1. */
export function startFaultProxy(options: FaultProxyOptions): FaultProxy {
  const client = Deno.createHttpClient({});
  const { target } = options;
  const forward: Fetch = target === undefined
    ? new KinesisServer().fetch
    : (input, init) => fetch(input, { ...init, client });
  const faulty = withFaults(forward, options.plan);
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    onListen: () => {},
    onError: () => new Response(null, { status: 502 }),
  }, async (request) => {
    if (request.method === "GET") return Response.json(faulty.counts);
    const headers = new Headers(request.headers);
    // The header describes this connection only, and the signature does not cover it.
    headers.delete("connection");
    try {
      return await faulty(target ?? request.url, {
        method: request.method,
        headers,
        body: new Uint8Array(await request.arrayBuffer()),
      });
    } catch {
      return reset();
    }
  });
  return {
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      client.close();
    },
  };
}

/** `Deno.serve` cannot reset a connection, so the body of the answer fails at its first byte. */
function reset(): Response {
  return new Response(
    new ReadableStream({
      pull: (controller) => controller.error(new Error("reset")),
    }),
    { headers: { "content-length": "1000" } },
  );
}

if (import.meta.main) {
  const { plan, target, port } = parseArgs({
    args: Deno.args,
    options: {
      plan: { type: "string" },
      target: { type: "string" },
      port: { type: "string", default: "0" },
    },
  }).values;
  if (plan === undefined) {
    console.error("Cannot start as --plan FILE.json is missing");
    Deno.exit(2);
  }
  const proxy = startFaultProxy({
    plan: JSON.parse(await Deno.readTextFile(plan)),
    target,
    port: Number(port),
  });
  console.log(`listening on ${proxy.endpoint}`);
}
