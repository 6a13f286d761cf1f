/**
 * Makes one fault happen to one request.
 *
 * @module
 */
import { type Clock, delay } from "../../_core/clock.ts";
import type { Fault } from "../fault_plan.ts";
import { afterEvents, cutAfter } from "./bodies.ts";
import type { Exchange } from "./exchange.ts";
import { failPartly } from "./partial.ts";

/** What a fault needs. */
export interface Injection {
  readonly fault: Fault;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly random: () => number;
  /** The request without this fault. */
  readonly next: () => Promise<Response>;
}

/** The data plane has its own name for asking too much. */
const DATA_PLANE = /^(PutRecords?|GetRecords|GetShardIterator)$/;

/** Answers a request with a fault. */
export async function inject(injection: Injection): Promise<Response> {
  const { fault, exchange, next } = injection;
  switch (fault.type) {
    case "cut":
      return cutAfter(await next(), fault.afterBytes);
    case "silence":
      return afterEvents(await next(), fault.afterEvents, { type: "silence" });
    case "exception":
      return afterEvents(await next(), fault.afterEvents, {
        type: "exception",
        code: fault.code,
        message: fault.message ?? "Injected.",
        protocol: exchange.protocol,
      });
    case "partial": {
      if (exchange.action !== "PutRecords") return await next();
      return await failPartly(exchange, fault, injection.random);
    }
    case "throttle":
      return refuse(exchange, {
        code: DATA_PLANE.test(exchange.action)
          ? "ProvisionedThroughputExceededException"
          : "LimitExceededException",
        status: 400,
        message: "Rate exceeded (injected).",
        retryAfterMs: fault.retryAfterMs,
      });
    default:
      return await injectAround(injection, fault);
  }
}

/** Faults that can come before the effect or after it. */
async function injectAround(
  { exchange, clock, next }: Injection,
  fault: Fault & { type: "delay" | "stall" | "reset" | "error" },
): Promise<Response> {
  const { signal } = exchange;
  const response = fault.when === "after" ? await next() : undefined;
  if (fault.type === "delay") {
    await delay(fault.ms, { clock, signal });
    return response ?? await next();
  }
  await response?.body?.cancel();
  switch (fault.type) {
    case "stall":
      return await untilAborted(signal);
    case "reset":
      throw new TypeError("error sending request: connection reset (injected)");
    case "error":
      return refuse(exchange, {
        code: fault.code,
        status: fault.status ?? 500,
        message: fault.message ?? "Injected.",
      });
  }
}

function refuse(exchange: Exchange, error: {
  code: string;
  status: number;
  message: string;
  retryAfterMs?: number;
}): Response {
  const headers: Record<string, string> = {
    "x-amzn-requestid": "00000000-0000-0000-0000-000000000000",
  };
  if (error.retryAfterMs !== undefined) {
    headers["retry-after"] = String(Math.ceil(error.retryAfterMs / 1_000));
  }
  return exchange.answer(
    { __type: error.code, message: error.message },
    { status: error.status, headers },
  );
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason), {
      once: true,
    });
  });
}
