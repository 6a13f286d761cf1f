/**
 * A client in front of a proxy in front of a Kinesis, with faults at each step.
 *
 * @module
 */
import { deadline } from "@std/async/deadline";
import type { Clock } from "../../_core/clock.ts";
import { type Fetch, KinesisClient } from "../../client/mod.ts";
import { type FaultRule, withFaults } from "../../testing/mod.ts";
import type { Dice } from "./dice.ts";
import { TIMEOUT_MS, wireFaults, type WireOdds } from "./faults.ts";
import { startWireProxy, type WireProxy } from "./wire_proxy.ts";

/** Options of {@linkcode startChain}. */
export interface ChainOptions {
  /** The base URL of the Kinesis. */
  readonly target: string;
  readonly clock: Clock;
  readonly dice: Dice;
  /** What the service answers wrongly. */
  readonly rules: readonly FaultRule[];
  /** What the wire does. */
  readonly wire: readonly WireOdds[];
  /** The actions that meet faults of the wire. */
  readonly actions: readonly string[];
  /** Attempts of a call, for clients that retry by themselves. @default {1} */
  readonly clientAttempts?: number;
  /** Looks at what passes between client and proxy. */
  readonly watch?: (fetch: Fetch) => Fetch;
}

/** The faulty way to a Kinesis. */
export interface Chain extends AsyncDisposable {
  readonly proxy: WireProxy;
  /** A client that knows only the proxy. */
  readonly client: KinesisClient;
  /** How often each fault happened. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Starts the proxy; every connection ends with it. */
export async function startChain(options: ChainOptions): Promise<Chain> {
  const { clock, dice, rules, watch = (fetch) => fetch } = options;
  const behind = Deno.createHttpClient({});
  const before = Deno.createHttpClient({});
  const service = withFaults(
    (input, init) => fetch(input, { ...init, client: behind }),
    { rules, seed: dice.integer(1, 1_000_000), clock },
  );
  const proxy = await startWireProxy({
    target: options.target,
    forward: service,
    faultOf: wireFaults(
      options.wire,
      dice,
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
    random: dice.fork(100).random,
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

/** Rejects when something takes far longer than anything in a schedule can. */
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
