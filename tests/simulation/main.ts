/**
 * Searches for a seed whose run breaks a rule:
 *
 *     deno task simulate --seeds 1000             # the seeds 1 to 1000
 *     deno task simulate --from 5000 --seeds 1000 # the seeds 5000 to 5999
 *     deno task simulate --seed 17                # runs one seed, and tells what happens
 *     deno task simulate --seed 17 --verbose      # with every event
 *
 *     deno task simulate --profile=queue          # only plans of this profile
 *
 * The first seed that breaks a rule is shortened to a plan that breaks the same rule, and printed.
 * `--all` goes on with the next seed, and shortens none. `--brief` prints only the seed and the rule,
 * as JSON. Exits with 1 if a rule was broken.
 *
 * @module
 */
// The first import: it changes globals that others use.
import "./host.ts";
import { drawPlan } from "./plan.ts";
import { report } from "./report.ts";
import { problemsOf, shrink } from "./shrink.ts";
import { Totals } from "./totals.ts";

/** The options of the command line. */
interface Options {
  readonly from: number;
  readonly seeds: number;
  readonly seed?: number;
  readonly isVerbose: boolean;
  readonly isAll: boolean;
  readonly isBrief: boolean;
  readonly profile?: string;
}

function options(args: readonly string[]): Options {
  const number = (name: string): number | undefined => {
    const index = args.findIndex((it) =>
      it === name || it.startsWith(`${name}=`)
    );
    if (index < 0) return undefined;
    const text = args[index]!.split("=")[1] ?? args[index + 1];
    const value = Number(text);
    if (Number.isInteger(value) && value >= 0) return value;
    throw new RangeError(
      `Cannot simulate as '${name}' must be an integer: current value is ${text}`,
    );
  };
  return {
    from: number("--from") ?? 1,
    seeds: number("--seeds") ?? 1000,
    seed: number("--seed"),
    isVerbose: args.includes("--verbose"),
    isAll: args.includes("--all"),
    isBrief: args.includes("--brief"),
    profile: args.find((it) => it.startsWith("--profile="))?.split("=")[1],
  };
}

async function one(seed: number, isFull: boolean): Promise<boolean> {
  const plan = drawPlan(seed);
  const [first] = await problemsOf(plan);
  if (!first) {
    console.log(await report(plan, { isFull }));
    console.log(`\nSeed ${seed} keeps every rule`);
    return true;
  }
  if (isFull) console.log(await report(plan, { isFull }));
  else await shortened(seed, first.rule);
  return false;
}

async function shortened(seed: number, rule: string): Promise<void> {
  console.log(`Seed ${seed} breaks a rule: ${rule}\nShortens its plan`);
  const plan = await shrink(drawPlan(seed), rule);
  console.log(await report(plan));
  console.log(`\nPlan as JSON: ${JSON.stringify(plan)}`);
  console.log(`\ndeno task simulate --seed ${seed} runs it again`);
}

async function many(given: Options): Promise<boolean> {
  const { from, seeds, isAll, isBrief, profile } = given;
  const startedAt = Date.now();
  const totals = new Totals();
  let count = 0;
  const broken = new Map<string, number[]>();
  for (let seed = from; seed < from + seeds; seed++) {
    const plan = drawPlan(seed);
    if (profile && !profile.split(",").includes(plan.profile)) continue;
    count++;
    const [first] = await problemsOf(plan, (outcome) => totals.add(outcome));
    if (!first) continue;
    if (isBrief) {
      console.log(JSON.stringify({ seed, rule: first.rule }));
      return false;
    }
    if (!isAll) {
      await shortened(seed, first.rule);
      return false;
    }
    console.log(`Seed ${seed}: ${first.rule}\n    ${first.what}`);
    broken.set(first.rule, [...broken.get(first.rule) ?? [], seed]);
  }
  const seconds = (Date.now() - startedAt) / 1000;
  console.log(`${totals}`);
  for (const [rule, of] of broken) console.log(`${rule}: seeds ${of}`);
  console.log(
    `${count} seeds in ${seconds.toFixed(1)} s, ${
      (count / seconds).toFixed(1)
    } seeds a second; ${broken.size} rules broken`,
  );
  return broken.size === 0;
}

if (import.meta.main) {
  const given = options(Deno.args);
  const isGood = given.seed === undefined
    ? await many(given)
    : await one(given.seed, given.isVerbose);
  if (!isGood) Deno.exit(1);
}
