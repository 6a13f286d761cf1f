/**
 * Many workers share a stream. They are killed, frozen, stopped and started, and so is their store.
 *
 *     deno task crash:fleet --seeds=20             # 20 runs of the full size, and figures
 *     deno task crash:fleet --seed=7               # run 7 alone
 *     deno task crash:fleet --seeds=5 --records=20000 --seconds=10
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { parseArgs } from "node:util";
import { hasRedis } from "../../_services/redis.ts";
import type { FleetPlan } from "./plan.ts";
import { runFleet } from "./run.ts";
import { type FleetFigures, verifyFleet } from "./verify.ts";

/** What the whole check runs: it must end within seconds, also on a busy machine. */
const SMALL = { workers: 3, shards: 6, records: 5000, seconds: 4 };
/** What `deno task crash:fleet` runs. */
const FULL = { workers: 5, shards: 24, records: 200_000, seconds: 20 };

const { values: args } = parseArgs({
  args: Deno.args,
  options: {
    full: { type: "boolean", default: false },
    seeds: { type: "string", default: "1" },
    seed: { type: "string" },
    workers: { type: "string" },
    shards: { type: "string" },
    records: { type: "string" },
    seconds: { type: "string" },
    failover: { type: "string", default: "1" },
  },
});
const size = args.full ? FULL : SMALL;
const number = (name: keyof typeof SMALL) => Number(args[name] ?? size[name]);
const first = Number(args.seed ?? 1);
const seeds = Array.from(
  { length: args.seed ? 1 : Number(args.seeds) },
  (_, index) => first + index,
);
/** `failoverTimeMs` is 10 s for the workers, as by default. */
const FAILOVER_SECONDS = 10;
const failover = Number(args.failover);

const plans = seeds.map((seed): FleetPlan => ({
  seed,
  workers: number("workers"),
  shards: number("shards"),
  records: number("records"),
  durationMs: number("seconds") * 1000,
  failoverMs: failover * 1000,
  speed: FAILOVER_SECONDS / failover,
}));

if (await hasRedis()) {
  const figures: FleetFigures[] = [];
  for (const plan of plans) {
    const { seed, workers, shards, records } = plan;
    Deno.test(`Consumer keeps its promises with ${workers} workers, ${shards} shards and ${records} records while workers and the store are killed, seed ${seed}`, async () => {
      const verdict = verifyFleet(await runFleet(plan));
      figures.push(verdict.figures);
      const shown = verdict.faults.slice(0, 20);
      assertEquals(shown, [], `${verdict.faults.length} faults`);
    });
  }
  if (args.full) Deno.test.afterAll(() => console.table(figures));
}
