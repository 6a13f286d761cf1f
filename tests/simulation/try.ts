import { drawPlan } from "./plan.ts";
import { run } from "./run.ts";
const [a = 1, b = a] = Deno.args.map(Number);
const real = globalThis.Date.now;
for (let seed = a; seed <= b; seed++) {
  const plan = drawPlan(seed);
  const t = real();
  const o = await run(plan);
  const problems = o.journal.entries.filter((e) => e.type === "problem");
  console.log(seed, plan.profile, plan.processor, plan.store, plan.fanOut ? "fan-out" : "", plan.workers.map((w) => w.shape).join(), `${real() - t} ms real`, o.virtualMs, o.requests, o.journal.entries.length, o.journal.hash, problems.map((p) => `${p.at} ${p.what}`), o.errors.map(String));
}
