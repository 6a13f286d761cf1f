/**
 * Simulates how workers share shards of unequal load: by their number, and by their load.
 *
 *     npx -y deno@2 run -A bench/lease_balance.ts
 *
 * @module
 */
import { Fleet, seeded, zipf } from "../tests/_consumer/leases/_fleet.ts";

const HOUR_MS = 3_600_000;
const RUNS = 5;
const NOISE = 0.2;
const HANDOFF_MS = 2000;

const SETTINGS = [
  { shards: 8, workers: 2, exponent: 0 },
  { shards: 8, workers: 2, exponent: 1 },
  { shards: 32, workers: 4, exponent: 0 },
  { shards: 32, workers: 4, exponent: 0.5 },
  { shards: 32, workers: 4, exponent: 1 },
  { shards: 32, workers: 4, exponent: 1.5 },
  { shards: 200, workers: 10, exponent: 0.5 },
  { shards: 200, workers: 10, exponent: 1 },
];

/** What one run shows. */
interface Outcome {
  /** Busiest worker / mean, by the true loads. */
  readonly peak: number;
  /** Seconds from the start of the last worker to the last change in the first hour. */
  readonly seconds: number;
  /** Moves in the first hour. */
  readonly moves: number;
  /** Moves in the third hour. */
  readonly later: number;
  /** The most and the least shards of a worker. */
  readonly counts: readonly [least: number, most: number];
  /** The best that is possible at all: the busiest shard may be more than a fair part. */
  readonly bound: number;
}

function simulate(
  { shards, workers, exponent }: typeof SETTINGS[number],
  measured: boolean,
  noise: number,
  seed: number,
): Outcome {
  const random = seeded(seed);
  const rates = zipf(shards, exponent, 1000, random);
  const names = Array.from({ length: workers }, (_, n) => `worker-${n}`);
  const fleet = new Fleet({
    rates,
    workers: names.slice(0, -1),
    noise,
    measured,
    handoffMs: HANDOFF_MS,
    random,
  });
  fleet.run(HOUR_MS / 3);
  const start = fleet.now;
  const before = fleet.moves;
  fleet.join(names.at(-1)!);
  fleet.run(HOUR_MS);
  const moves = fleet.moves - before;
  const seconds = (fleet.movedAt - start) / 1000;
  fleet.run(HOUR_MS);
  const earlier = fleet.moves;
  fleet.run(HOUR_MS);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / workers;
  return {
    peak: fleet.peak,
    seconds,
    moves,
    later: fleet.moves - earlier,
    counts: [Math.min(...fleet.counts), Math.max(...fleet.counts)],
    bound: Math.max(1, Math.max(...rates) / mean),
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

const rows = SETTINGS.flatMap((setting) =>
  ([["number", false, 0], ["load", true, 0], [
    "load, ±20 %",
    true,
    NOISE,
  ]] as const)
    .map(([by, measured, noise]) => {
      const all = Array.from(
        { length: RUNS },
        (_, seed) => simulate(setting, measured, noise, seed),
      );
      const { shards, workers, exponent } = setting;
      const of = (name: "peak" | "seconds" | "moves" | "later") =>
        all.map((it) => it[name]);
      return {
        shards,
        workers,
        zipf: exponent,
        by,
        bound: all[0]!.bound.toFixed(2),
        peak: median(of("peak")).toFixed(2),
        worst: Math.max(...of("peak")).toFixed(2),
        moves: median(of("moves")),
        seconds: Math.round(median(of("seconds"))),
        later: median(of("later")),
        "worst later": Math.max(...of("later")),
        counts: all[0]!.counts.join("–"),
      };
    })
);
console.table(rows);
