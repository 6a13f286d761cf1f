/**
 * Fault injection for any `fetch`.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import { systemClock } from "../_core/clock.ts";
import { Exchange, type Fetch } from "./_faults/exchange.ts";
import { inject } from "./_faults/inject.ts";
import { ENTRY_ACTIONS, RECEIVE_ACTIONS } from "./_faults/queue_actions.ts";
import { ShardFinder } from "./_faults/shard_finder.ts";
import { seededRandom } from "./_random.ts";
import type { Fault, FaultPlan, FaultRule } from "./fault_plan.ts";

/** A `fetch` that injects faults. */
export interface FaultyFetch {
  /** Sends a request and applies the faults of the rules that match it. */
  (input: Request | URL | string, init?: RequestInit): Promise<Response>;
  /** How often each fault happened, by {@linkcode FaultRule.name}. */
  readonly counts: Readonly<Record<string, number>>;
  /**
   * Whether faults are injected. Set it to false, for example, before the clean-up of a test.
   * @default {true}
   */
  enabled: boolean;
}

/** A rule and its counters. */
interface RuleState {
  readonly rule: FaultRule;
  readonly name: string;
  readonly random: () => number;
  /** Requests that matched the rule. */
  matched: number;
  /** Matching requests that were chosen, after `skip`, `times` and `probability`. */
  chosen: number;
  /** Chosen requests on which the fault took effect. */
  happened: number;
}

/**
 * Wraps a `fetch` and injects the faults of a plan into its requests. The same plan and the same
 * requests in the same order give the same faults. To combine plans, wrap the result again.
 *
 * @example Half of all GetRecords are throttled, and the first PutRecords is stored without an
 * answer
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
  const check = new OptionCheck("Cannot inject faults");
  check.type("fetch", fetch ?? null, "function");
  check.object("plan", plan ?? null, ["rules", "seed", "clock"]);
  const { clock = systemClock, seed = 1 } = plan;
  const states = plan.rules.map((rule, index): RuleState => {
    check.object(`rules[${index}]`, rule ?? null, Object.keys(RULE));
    checkRule(rule, index);
    return {
      rule,
      name: rule.name ?? rule.fault.type,
      // Each rule has its own random numbers, so that adding a rule does not change the faults of
      // the other rules.
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
    const shardId = finder?.shardOf(exchange);
    // Applies the rules from `index` on, then sends the request. A rule sees only requests that
    // reach it: a request that an outer fault ends is not counted.
    const pass = async (
      current: Exchange,
      index: number,
    ): Promise<Response> => {
      const state = states[index];
      if (!state) {
        const response = await current.send();
        await finder?.rememberIterator(current, shardId, response);
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

/** The names of the fields of a rule. */
const RULE: Record<keyof FaultRule, true> = {
  fault: true,
  name: true,
  action: true,
  shardId: true,
  match: true,
  probability: true,
  skip: true,
  times: true,
};

/** Faults that apply to one action only. */
const ONLY_ACTIONS: Readonly<
  Partial<Record<Fault["type"], readonly string[]>>
> = {
  partial: ["PutRecords", ...ENTRY_ACTIONS],
  duplicate: RECEIVE_ACTIONS,
  silence: ["SubscribeToShard"],
  exception: ["SubscribeToShard"],
};

function usesShard(rule: FaultRule): boolean {
  return rule.shardId !== undefined || rule.match !== undefined;
}

/** Whether a rule's fault happens to a request. Updates the counters of the rule. */
function isHit(
  state: RuleState,
  { action, input }: Exchange,
  shardId: string | undefined,
): boolean {
  const { rule } = state;
  const only = ONLY_ACTIONS[rule.fault.type];
  const isMeant = (only === undefined || only.includes(action)) &&
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
  if (rule.fault.type !== "duplicate") return;
  const { records = 1 } = rule.fault;
  if (!Number.isInteger(records) || records < 1 || records > 10) {
    throw new RangeError(
      `Cannot use rule ${index} of the fault plan as 'records' must be an integer from 1 to 10: current value is ${records}`,
    );
  }
}
