/**
 * Faults in front of any `fetch`.
 *
 * @module
 */
import { systemClock } from "../_core/clock.ts";
import { Exchange, type Fetch } from "./_faults/exchange.ts";
import { inject } from "./_faults/inject.ts";
import { ShardFinder } from "./_faults/shard_finder.ts";
import { seededRandom } from "./_random.ts";
import type { Fault, FaultPlan, FaultRule } from "./fault_plan.ts";

/** A `fetch` with faults. */
export interface FaultyFetch {
  /** Sends a request, or lets something happen to it. */
  (input: Request | URL | string, init?: RequestInit): Promise<Response>;
  /** How often each rule's fault happened, by the rule's name. */
  readonly counts: Readonly<Record<string, number>>;
  /** Set it to false and all requests pass untouched, for example to let a test end in peace. @default {true} */
  enabled: boolean;
}

/** A rule and what it has done. */
interface RuleState {
  readonly rule: FaultRule;
  readonly name: string;
  readonly random: () => number;
  /** Requests that the rule is for. */
  matched: number;
  /** Requests that it was meant to happen to. */
  chosen: number;
  /** Requests that it happened to. */
  happened: number;
}

/**
 * Wraps a `fetch` so that requests meet the faults of a plan. The same plan and the same requests in the same order give
 * the same faults. Wrap the result again to combine plans.
 *
 * @example Every second GetRecords is throttled, and the first PutRecords is stored without an answer
 * ```ts
 * import { KinesisServer, withFaults } from "@webstreams/kinesis/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const server = new KinesisServer();
 * server.createStream("orders");
 * const fetch = withFaults(server.fetch, {
 *   rules: [
 *     { action: "GetRecords", probability: 0.5, fault: { type: "throttle" } },
 *     { action: "PutRecords", times: 1, fault: { type: "reset", when: "after" } },
 *   ],
 * });
 *
 * await assertRejects(() =>
 *   fetch("https://kinesis.us-east-1.amazonaws.com/", {
 *     method: "POST",
 *     headers: {
 *       "content-type": "application/x-amz-json-1.1",
 *       "x-amz-target": "Kinesis_20131202.PutRecords",
 *     },
 *     body: JSON.stringify({
 *       StreamName: "orders",
 *       Records: [{ PartitionKey: "k", Data: btoa("hello") }],
 *     }),
 *   }), TypeError);
 *
 * assertEquals(fetch.counts.reset, 1);
 * assertEquals(server.records("orders").length, 1);
 * ```
 *
 * @throws {RangeError} if a rule's `probability`, `skip` or `times` is out of its range
 */
export function withFaults(fetch: Fetch, plan: FaultPlan): FaultyFetch {
  const { clock = systemClock, seed = 1 } = plan;
  const states = plan.rules.map((rule, index): RuleState => {
    checkRule(rule, index);
    return {
      rule,
      name: rule.name ?? rule.fault.type,
      // Each rule has chances of its own, so that adding a rule does not change what the others do.
      random: seededRandom(seed * 1_000_003 + index),
      matched: 0,
      chosen: 0,
      happened: 0,
    };
  });
  const finder = plan.rules.some(usesShard) ? new ShardFinder() : undefined;
  const faulty = async (
    input: Request | URL | string,
    init?: RequestInit,
  ): Promise<Response> => {
    if (!result.enabled) return await fetch(input, init);
    const exchange = await Exchange.read(fetch, input, init);
    const shardId = finder?.find(exchange);
    // A rule is asked only when the request reaches it: what an outer fault hides did not happen.
    const pass = async (
      current: Exchange,
      index: number,
    ): Promise<Response> => {
      const state = states[index];
      if (!state) {
        const response = await current.send();
        await finder?.learn(current, shardId, response);
        return response;
      }
      const next = (after: Exchange) => pass(after, index + 1);
      if (!isHit(state, current, shardId)) return await next(current);
      return await inject(state.rule.fault, {
        exchange: current,
        clock,
        random: state.random,
        next,
        onHit: () => state.happened++,
      });
    };
    return await pass(exchange, 0);
  };
  const result = Object.assign(faulty, { enabled: true, counts: {} });
  Object.defineProperty(result, "counts", { get: () => countAll(states) });
  return result;
}

/** Faults that can happen to one action only. */
const ONLY_ACTIONS: Readonly<Partial<Record<Fault["type"], string>>> = {
  partial: "PutRecords",
  silence: "SubscribeToShard",
  exception: "SubscribeToShard",
};

function usesShard(rule: FaultRule): boolean {
  return rule.shardId !== undefined || rule.match !== undefined;
}

/** Whether a rule's fault happens to a request. Changes what the rule has done. */
function isHit(
  state: RuleState,
  { action, input }: Exchange,
  shardId: string | undefined,
): boolean {
  const { rule } = state;
  const only = ONLY_ACTIONS[rule.fault.type];
  const isMeant = (only === undefined || only === action) &&
    (rule.action === undefined || [rule.action].flat().includes(action)) &&
    (rule.shardId === undefined || rule.shardId === shardId) &&
    (rule.match === undefined || rule.match({ action, input, shardId }));
  if (!isMeant) return false;
  state.matched++;
  if (state.matched <= (rule.skip ?? 0)) return false;
  if (state.chosen >= (rule.times ?? Infinity)) return false;
  const { probability = 1 } = rule;
  if (probability < 1 && state.random() >= probability) return false;
  state.chosen++;
  return true;
}

function countAll(states: readonly RuleState[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name, happened } of states) {
    counts[name] = (counts[name] ?? 0) + happened;
  }
  return counts;
}

function checkRule(rule: FaultRule, index: number): void {
  const { probability = 1, skip = 0, times = 0 } = rule;
  const check = (name: string, value: number, max: number) => {
    if (value >= 0 && value <= max) return;
    throw new RangeError(
      `Cannot use rule ${index} of the fault plan as '${name}' must be 0 to ${max}: current value is ${value}`,
    );
  };
  check("probability", probability, 1);
  check("skip", skip, Infinity);
  check("times", times, Infinity);
}
