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
import { parseArgs } from "node:util";
import { completed, drawPlan, PROFILES } from "./plan.ts";
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
  readonly plan?: string;
}

const NAMES: readonly string[] = [...new Set(PROFILES)];

const HELP = `Searches for a seed whose run breaks a rule.

  --seeds <count>     how many seeds, from 1 (default 1000)
  --from <seed>       the first seed (default 1)
  --seed <seed>       runs one seed, and tells what happens
  --plan <file>       runs the plan in a file, as it was printed as JSON
  --verbose           with every event
  --profile <names>   only plans of these profiles, separated by commas:
                      ${NAMES.join(", ")}
  --all               goes on after a seed that breaks a rule, and shortens none
  --brief             prints only the seed and the rule, as JSON
  --help              prints this`;

/** Reads the command line. `undefined`: help was asked for. */
function options(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string", default: "1000" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      profile: { type: "string" },
      plan: { type: "string" },
      verbose: { type: "boolean", default: false },
      all: { type: "boolean", default: false },
      brief: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { profile } = values;
  for (const name of profile?.split(",") ?? []) {
    if (NAMES.includes(name)) continue;
    throw new RangeError(
      `Cannot simulate as '--profile' must be of ${
        NAMES.join(", ")
      }: current value is ${name}`,
    );
  }
  return {
    from: integer("--from", values.from, 0),
    seeds: integer("--seeds", values.seeds, 1),
    seed: values.seed === undefined
      ? undefined
      : integer("--seed", values.seed, 0),
    isVerbose: values.verbose,
    isAll: values.all,
    isBrief: values.brief,
    profile,
    plan: values.plan,
  };
}

/** Seeds above this repeat others. */
const MOST = 2 ** 32 - 1;

function integer(name: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= MOST) return value;
  throw new RangeError(
    `Cannot simulate as '${name}' must be an integer from ${least} to ${MOST}: current value is "${text}"`,
  );
}

/** Runs the plan of a file. */
async function ofFile(path: string, isFull: boolean): Promise<boolean> {
  const plan = completed(JSON.parse(await Deno.readTextFile(path)));
  const [first] = await problemsOf(plan);
  console.log(await report(plan, { isFull }));
  if (!first) console.log(`\nThe plan of ${path} keeps every rule`);
  return first === undefined;
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
  console.log(
    `\ndeno task simulate --seed ${seed} runs it again, and --plan <file> the plan`,
  );
}

/** How often a long run tells how far it is, in milliseconds. */
const PROGRESS_MS = 10_000;

async function many(given: Options): Promise<boolean> {
  const { from, seeds, isAll, isBrief, profile } = given;
  const startedAt = Date.now();
  const totals = new Totals();
  let count = 0;
  const broken = new Map<string, number[]>();
  let toldAt = startedAt;
  for (let seed = from; seed < from + seeds; seed++) {
    if (Date.now() - toldAt > PROGRESS_MS) {
      toldAt = Date.now();
      console.error(`${seed - from} of ${seeds} seeds, the next is ${seed}`);
    }
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
  let given: Options | undefined;
  try {
    given = options(Deno.args);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(2);
  }
  if (!given) console.log(HELP);
  else {
    const isGood = given.plan !== undefined
      ? await ofFile(given.plan, given.isVerbose)
      : given.seed === undefined
      ? await many(given)
      : await one(given.seed, given.isVerbose);
    if (!isGood) Deno.exit(1);
  }
}
