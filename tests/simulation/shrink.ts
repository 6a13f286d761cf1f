/**
 * Shortens a plan that breaks a rule.
 *
 * @module
 */
import type { Plan } from "./plan.ts";
import { type Outcome, run } from "./run.ts";
import type { Problem } from "./problem.ts";
import { verify } from "./verify.ts";

/** Most runs of one search. */
const MOST_RUNS = 300;

/** Runs a plan and finds the broken rules. An error of the run itself is one of them. */
export async function problemsOf(
  plan: Plan,
  onOutcome: (outcome: Outcome) => void = () => {},
): Promise<Problem[]> {
  try {
    const outcome = await run(plan);
    onOutcome(outcome);
    return verify(plan, outcome);
  } catch (error) {
    const text = error instanceof Error ? error.stack! : String(error);
    return [{ rule: `the run failed: ${error}`, what: text, at: 0 }];
  }
}

/**
 * Leaves out of a plan what the failure does not need: incidents, faults, workers, values. The
 * shorter plan breaks the same rule.
 */
export async function shrink(plan: Plan, rule: string): Promise<Plan> {
  let runs = 0;
  let best = plan;
  for (let isShorter = true; isShorter;) {
    isShorter = false;
    for (const shorter of candidates(best)) {
      if (++runs > MOST_RUNS) return best;
      const problems = await problemsOf(shorter);
      if (!problems.some((problem) => problem.rule === rule)) continue;
      best = shorter;
      isShorter = true;
      break;
    }
  }
  return best;
}

/** Plans with a little less, those that leave out most first. */
function* candidates(plan: Plan): Iterable<Plan> {
  const { incidents, rules, storeFaults, workers, producer } = plan;
  for (let size = incidents.length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start + size <= incidents.length; start += size) {
      yield {
        ...plan,
        incidents: incidents.filter((_, i) => i < start || i >= start + size),
      };
    }
  }
  if (rules.length > 1) yield { ...plan, rules: [] };
  for (const rule of rules) {
    yield { ...plan, rules: rules.filter((it) => it !== rule) };
  }
  if (plan.staleLists > 0) yield { ...plan, staleLists: 0 };
  for (const name of ["fail", "lose", "slow"] as const) {
    if (storeFaults[name] > 0) {
      yield { ...plan, storeFaults: { ...storeFaults, [name]: 0 } };
    }
  }
  if (workers.length > 1) {
    const last = workers.length - 1;
    yield {
      ...plan,
      workers: workers.slice(0, last),
      incidents: incidents.filter((it) =>
        !("worker" in it) || it.worker !== last
      ),
    };
  }
  for (const [index, worker] of workers.entries()) {
    const edit = (change: Partial<typeof worker>): Plan => ({
      ...plan,
      workers: workers.map((it, i) => i === index ? { ...it, ...change } : it),
    });
    if (worker.failRate > 0) yield edit({ failRate: 0 });
    if (worker.handlerMs > 0) yield edit({ handlerMs: 0 });
  }
  if (plan.lateMs > 0) yield { ...plan, lateMs: 0 };
  if (plan.finish !== "live") yield { ...plan, finish: "live" };
  if (producer.way !== "put") {
    yield { ...plan, producer: { ...producer, way: "put" } };
  }
  if (plan.fanOut) yield { ...plan, fanOut: false };
  if (plan.processor !== "json") yield { ...plan, processor: "json" };
  if (plan.store !== "memory" && workers.every((it) => it.shape !== "commit")) {
    yield { ...plan, store: "memory" };
  }
  if (plan.shards > 1) yield { ...plan, shards: plan.shards - 1 };
  const { values, keys, bursts } = producer;
  for (
    const change of [
      ...values > 1 ? [{ values: Math.ceil(values / 2) }] : [],
      ...values > 1 && values < 10 ? [{ values: values - 1 }] : [],
      ...keys > 1 ? [{ keys: 1 }] : [],
      ...bursts > 1 ? [{ bursts: 1 }] : [],
      ...producer.deadLetter ? [{ deadLetter: false }] : [],
    ]
  ) yield { ...plan, producer: { ...producer, ...change } };
  const { networkMs, storeMs } = plan.latency;
  if (networkMs > 1) {
    yield { ...plan, latency: { ...plan.latency, networkMs: 1 } };
  }
  if (storeMs > 1) yield { ...plan, latency: { ...plan.latency, storeMs: 1 } };
}
