/**
 * A client, a proxy and a Kinesis in a row, with faults of the service and of the connections.
 *
 * @module
 */
import { deadline } from "@std/async/deadline";
import type { Clock } from "../../_core/clock.ts";
import { type Fetch, KinesisClient } from "../../client/mod.ts";
import { type FaultRule, withFaults } from "../../testing/mod.ts";
import type { SeededChoices } from "./seeded_choices.ts";
import { TIMEOUT_MS, wireFaults, type WireOdds } from "./faults.ts";
import { startWireProxy, type WireProxy } from "./wire_proxy.ts";

/** Options of {@linkcode startChain}. */
export interface ChainOptions {
  /** The base URL of the Kinesis. */
  readonly target: string;
  readonly clock: Clock;
  readonly choices: SeededChoices;
  /** Faults of the service. */
  readonly rules: readonly FaultRule[];
  /** Faults of the wire. */
  readonly wire: readonly WireOdds[];
  /** The actions that meet faults of the wire. */
  readonly actions: readonly string[];
  /**
   * Attempts of the client for each call.
   * @default {1}
   */
  readonly clientAttempts?: number;
  /** Wraps the `fetch` between client and proxy, to observe it. */
  readonly watch?: (fetch: Fetch) => Fetch;
}

/** A client, a proxy and the faults between them and a Kinesis. */
export interface Chain extends AsyncDisposable {
  readonly proxy: WireProxy;
  /** A client of the proxy. */
  readonly client: KinesisClient;
  /** How often each fault happened. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Starts the proxy. Disposing the chain ends all connections. */
export async function startChain(options: ChainOptions): Promise<Chain> {
  const { clock, choices, rules, watch = (fetch) => fetch } = options;
  const behind = Deno.createHttpClient({});
  const before = Deno.createHttpClient({});
  const service = withFaults(
    (input, init) => fetch(input, { ...init, client: behind }),
    { rules, seed: choices.integer(1, 1_000_000), clock },
  );
  const proxy = await startWireProxy({
    target: options.target,
    forward: service,
    faultOf: wireFaults(
      options.wire,
      choices,
      (action) => options.actions.includes(action),
    ),
    clock,
  });
  const client = new KinesisClient({
    endpoint: proxy.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    fetch: watch((input, init) => fetch(input, { ...init, client: before })),
    retry: { maxAttempts: options.clientAttempts ?? 1 },
    timeoutMs: TIMEOUT_MS,
    clock,
    random: choices.fork(100).random,
  });
  return {
    proxy,
    client,
    get counts() {
      return { ...service.counts, ...proxy.counts };
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      before.close();
      behind.close();
    },
  };
}

/** Rejects if a promise takes longer than the longest schedule. */
export async function inTime<R>(
  promise: Promise<R>,
  describe: () => unknown,
  limitMs = 40_000,
): Promise<R> {
  try {
    return await deadline(promise, limitMs);
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== "TimeoutError") {
      throw error;
    }
    throw new Error(
      `Hangs for ${limitMs} ms: ${JSON.stringify(describe())}`,
      { cause: error },
    );
  }
}
