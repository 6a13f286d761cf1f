/**
 * Applies one fault to one request.
 *
 * @module
 */
import { delay } from "../../_core/clock.ts";
import type { Fault } from "../fault_plan.ts";
import { afterEvents, cutAfter } from "./bodies.ts";
import type { Exchange } from "./exchange.ts";
import type { Injection } from "./injection.ts";
import { deliverDuplicates } from "./duplicate.ts";
import { failEntries, failRecords } from "./partial.ts";
import { ENTRY_ACTIONS, RECEIVE_ACTIONS } from "./queue_actions.ts";

/** Actions that are throttled with ProvisionedThroughputExceededException. */
const SHARD_ACTIONS = /^(PutRecords?|GetRecords|GetShardIterator)$/;
/** Actions that are throttled with ThrottlingException. */
const QUEUE_ACTIONS = [...RECEIVE_ACTIONS, ...ENTRY_ACTIONS];

/** Answers a request with the fault applied. */
export async function inject(
  fault: Fault,
  injection: Injection,
): Promise<Response> {
  const { exchange, next } = injection;
  if (fault.type === "partial") {
    return ENTRY_ACTIONS.includes(exchange.action)
      ? await failEntries(injection, fault)
      : await failRecords(injection, fault);
  }
  if (fault.type === "duplicate") {
    return await deliverDuplicates(injection, fault);
  }
  injection.onHit();
  switch (fault.type) {
    case "cut":
      return cutAfter(await next(exchange), fault.afterBytes);
    case "silence":
      return afterEvents(await next(exchange), fault.afterEvents, {
        type: "silence",
      });
    case "exception":
      return afterEvents(await next(exchange), fault.afterEvents, {
        type: "exception",
        code: fault.code,
        message: fault.message ?? "Injected.",
        protocol: exchange.protocol,
      });
    case "throttle":
      return refuse(exchange, {
        code: SHARD_ACTIONS.test(exchange.action)
          ? "ProvisionedThroughputExceededException"
          : QUEUE_ACTIONS.includes(exchange.action)
          ? "ThrottlingException"
          : "LimitExceededException",
        status: 400,
        message: "Rate exceeded (injected).",
        retryAfterMs: fault.retryAfterMs,
      });
    default:
      return await injectAround(injection, fault);
  }
}

/** Applies a fault that can happen before or after the request takes effect. */
async function injectAround(
  { exchange, clock, next }: Injection,
  fault: Fault & { type: "delay" | "stall" | "reset" | "error" },
): Promise<Response> {
  const { signal } = exchange;
  const response = fault.when === "after" ? await next(exchange) : undefined;
  if (fault.type === "delay") {
    await delay(fault.ms, { clock, signal });
    return response ?? await next(exchange);
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
