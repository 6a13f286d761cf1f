/**
 * Tells a person what went wrong in a run.
 *
 * @module
 */
import type { Entry } from "./journal.ts";
import type { Plan } from "./plan.ts";
import { run } from "./run.ts";
import type { Problem } from "./problem.ts";
import { verify } from "./verify.ts";

/** Most lines of the schedule. */
const MOST_LINES = 80;

/** The plan, the broken rules, and what happened until then. */
export async function report(
  plan: Plan,
  { isFull = false }: { isFull?: boolean } = {},
): Promise<string> {
  let entries: readonly Entry[] = [];
  let problems: readonly Problem[] = [];
  try {
    const outcome = await run(plan);
    entries = outcome.journal.entries;
    problems = verify(plan, outcome);
  } catch (error) {
    problems = [{ rule: "the run failed", what: String(error), at: 0 }];
  }
  const first = problems[0];
  const shards = new Set(
    first?.what.match(/shardId-\d+/g) ??
      entries.flatMap((entry) => "shardId" in entry ? [entry.shardId] : []),
  );
  const ids = new Set(first?.what.match(/\bp\d+\/\d+/g));
  const matters = (entry: Entry) =>
    isFull || idsOf(entry).some((id) => ids.has(id)) ||
    "shardId" in entry && shards.has(entry.shardId) &&
      entry.type !== "acknowledged" ||
    ["incident", "started", "killed", "ended", "writer-killed", "healed"]
      .includes(entry.type);
  const until = first ? first.at : Infinity;
  const lines = entries
    .filter((entry) => (isFull || entry.at <= until) && matters(entry))
    .map(lineOf);
  const shown = isFull || lines.length <= MOST_LINES ? lines : [
    ...lines.slice(0, MOST_LINES / 4),
    `… ${lines.length - MOST_LINES} lines; --verbose shows them`,
    ...lines.slice(-MOST_LINES * 3 / 4),
  ];
  return [
    ...planLines(plan),
    "",
    ...shown,
    "",
    ...problems.slice(0, 5).map(({ rule, what, at }) =>
      `${timeOf(at)} BROKEN: ${rule}\n             ${what}`
    ),
    ...problems.length > 5 ? [`and ${problems.length - 5} more`] : [],
  ].join("\n");
}

function idsOf(entry: Entry): string[] {
  if (entry.type === "put") return [entry.item.id];
  return "id" in entry ? [entry.id] : [];
}

function planLines(plan: Plan): string[] {
  const { workers, incidents, rules, consumer, producer, ...rest } = plan;
  return [
    `Plan of seed ${plan.seed}: ${JSON.stringify(rest)}`,
    `  producer: ${JSON.stringify(producer)}`,
    `  consumer: ${JSON.stringify(consumer)}`,
    ...workers.map((worker, n) => `  worker w${n}: ${JSON.stringify(worker)}`),
    ...rules.map((rule) => `  fault: ${JSON.stringify(rule)}`),
    ...incidents.map(({ at, ...incident }) =>
      `  ${timeOf(at)} ${JSON.stringify(incident)}`
    ),
  ];
}

function lineOf({ at, ...entry }: Entry): string {
  const { type, ...facts } = entry;
  const text = Object.values(facts)
    .filter((fact) => fact !== undefined)
    .map((fact) => typeof fact === "string" ? fact : JSON.stringify(fact))
    .join(" ");
  return `${timeOf(at)} ${type} ${text}`;
}

function timeOf(ms: number): string {
  return `${(ms / 1000).toFixed(3).padStart(9)} s`;
}
