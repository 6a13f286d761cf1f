/**
 * Planted bugs, which the simulation must find. Each replaces a piece of a source file. If the piece
 * is not in the file any more, the test of the mutant fails, and the mutant must be written anew.
 *
 * @module
 */

import type { Profile } from "./plan.ts";

/** A planted bug. */
export interface Mutant {
  readonly name: string;
  /** The source file, relative to the root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /**
   * The profiles of the plans that find it. Seeds with other plans are left out, to save time.
   * @default {all}
   */
  readonly profiles?: readonly Profile[];
}

/** All planted bugs. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "a checkpoint is stored before the value is processed",
    file: "_consumer/values/shard_progress.ts",
    find: "    this.#pending.push(ticket);\n",
    replace: "    this.#pending.push(ticket);\n    this.#watermark = ticket;\n",
  },
  {
    name: "the watermark passes a value that is not acknowledged",
    file: "_consumer/values/shard_progress.ts",
    find: "    this.#acknowledgements++;\n",
    replace: "    this.#acknowledgements++;\n    this.#watermark = ticket;\n",
  },
  {
    name: "a child is read before one of its parents is finished",
    file: "_consumer/shards/lineage.ts",
    find: "[...parents].every((id) =>\n        isFinished(id)",
    replace: "[...parents].some((id) =>\n        isFinished(id)",
  },
  {
    name: "the checkpoint of a former owner is accepted",
    profiles: ["storm"],
    file: "checkpoint/_transitions.ts",
    find: "return isCurrent(stored, lease) && stored.owner !== undefined &&\n" +
      "    stored.owner === lease.owner;",
    replace: "return stored.owner !== undefined;",
  },
  {
    name: "a record that failed is not sent again",
    profiles: ["producer"],
    file: "_producer/settlement.ts",
    find: "for (const item of [...items].reverse())",
    replace: "for (const item of items.slice(1))",
  },
  {
    name: "a record that failed is sent behind later records of its key",
    profiles: ["producer"],
    file: "_producer/order_groups.ts",
    find: "else if (group.active > 0 || group.waiting?.length) first = false;",
    replace: "else if (group.waiting?.length) first = false;",
  },
  {
    name: "a value is accepted after close()",
    file: "_producer/engine.ts",
    find: "    this.#isClosing = true;\n",
    replace: "",
  },
  {
    name: "the buffer of the consumer has no bound",
    profiles: ["storm"],
    file: "_consumer/reading/read_ahead.ts",
    find: "new Shares(Math.floor(records), 1)",
    replace: "new Shares(1_000_000 + records, 1)",
  },
  {
    name: "the heartbeat dies",
    file: "_consumer/leases/upkeep.ts",
    find: "() => this.#renewAll(), timing),",
    replace: "(beats => () => beats-- > 0 && this.#renewAll())(24), timing),",
  },
  {
    name: "leases are taken over three times as late",
    profiles: ["kills"],
    file: "_consumer/leases/lease_watch.ts",
    find: "now - lease.since >= this.#failoverTimeMs",
    replace: "now - lease.since >= 3 * this.#failoverTimeMs",
  },
  {
    name: "children are opened a minute late",
    file: "_consumer/leases/lease_table.ts",
    find: "        isFinished,\n        // A shard with progress",
    replace: "        (id) => isFinished(id) &&\n" +
      "          monotonicNow(this.#options.clock) - (this.movedAt(id) ?? 0) > 60_000,\n" +
      "        // A shard with progress",
  },
  {
    name: "a list of shards is believed that lacks a parent",
    profiles: ["storm"],
    file: "_consumer/shards/expired_shards.ts",
    find: "if (!await this.#exists(shardId, signal)) expired.add(shardId);",
    replace: "expired.add(shardId);",
  },
  {
    name: "a list of shards is believed that lacks the children",
    file: "_consumer/shards/shard_directory.ts",
    find: 'if (this.lineage.shards.has(shardId)) return "not-listed";',
    replace: 'if (this.lineage.shards.has(shardId)) return "stored";',
  },
  {
    name: "a shard is finished although the lease of a child is not stored",
    profiles: ["storm"],
    file: "_consumer/shards/shard_directory.ts",
    find: "children.every((id) => leases.has(id))",
    replace: "children.every((id) => leases || id)",
  },
  {
    name: "a lease that is not confirmed any more is not given up",
    profiles: ["storm"],
    file: "_consumer/leases/upkeep.ts",
    find: "if (age >= GIVEN_UP_AT) {",
    replace: "if (age >= 100 * GIVEN_UP_AT) {",
  },
  {
    name: "a shard that hangs takes all calls of the handler",
    profiles: ["stuck"],
    file: "_processing/scheduler.ts",
    find: "return lanes < 2 || running < concurrency / lanes ||",
    replace: "return lanes < 200 || running < concurrency / lanes ||",
  },
  {
    name: "a lease is passed on while values of its shard are processed",
    file: "_consumer/leases/handoffs.ts",
    find: "ms: drainMs(options),",
    replace: "ms: 0 * drainMs(options),",
    profiles: ["calm", "clocks"],
  },
  {
    name: "the effects of a value are committed again",
    profiles: ["storm"],
    file: "checkpoint/_sql_effects.ts",
    find: "const fresh = freshOf(records, before ?? undefined, context);",
    replace: "const fresh = freshOf(records, undefined, context);",
  },
  {
    name: "records of an event that do not fit are left out",
    file: "_consumer/fan_out/event_intake.ts",
    find: "if (isWhole && ContinuationSequenceNumber) {",
    replace: "if (ContinuationSequenceNumber) {",
    profiles: ["calm", "clocks", "storm"],
  },
  {
    name: "a value of a queue is acknowledged before it is processed",
    file: "_queue/processing.ts",
    find: "handle: (records, attempt) => this.#handle(records, attempt),",
    replace:
      "handle: (records, attempt) => (records.forEach((it) => it.ack()), this.#handle(records, attempt)),",
    profiles: ["queue"],
  },
  {
    name: "the visibility of a record of a queue is not extended",
    file: "_queue/visibility.ts",
    find: "held.visibleAt - now <= marginMs && !held.extending",
    replace: "held.visibleAt - now <= marginMs - 1e9 && !held.extending",
    profiles: ["queue"],
  },
  {
    name: "a record of a queue is handed out although another one has it",
    file: "_queue/queue_feed.ts",
    find: "    this.#visibility.look();\n",
    replace: "",
    profiles: ["queue"],
  },
  {
    name: "the wall clock measures intervals",
    profiles: ["clocks"],
    file: "_core/clock.ts",
    find: "if (clock.monotonic) return clock.monotonic();",
    replace: "if (clock.monotonic) return clock.now();",
  },
];

/** A copy of a source file with a bug, and an import map that puts it in the place of the file. */
export async function plant(
  { name, file, find, replace }: Mutant,
  root: URL,
  folder: string,
): Promise<string> {
  const original = new URL(file, root);
  const source = await Deno.readTextFile(original);
  const parts = source.split(find);
  if (parts.length !== 2) {
    throw new Error(
      `Cannot plant the bug "${name}" as its text is ${
        parts.length - 1
      } times in ${file}: write the mutant anew`,
    );
  }
  const changed = parts.join(replace).replaceAll(
    /(from|import) "(\.[^"]+)"/g,
    (_, word, path) => `${word} "${new URL(path, original)}"`,
  );
  const path = `${folder}/mutant.ts`;
  await Deno.writeTextFile(path, changed);
  const { imports } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  const all: Record<string, string> = { [original.href]: `file://${path}` };
  for (const [specifier, target] of Object.entries<string>(imports)) {
    all[specifier] = target;
    // For the modules inside a package, as a configuration file implies.
    all[`${specifier}/`] = `${target.replace(":", ":/")}/`;
  }
  const mapPath = `${folder}/import_map.json`;
  await Deno.writeTextFile(mapPath, JSON.stringify({ imports: all }));
  return mapPath;
}

/** The first seed that finds a bug, or what the simulation has printed. */
export async function hunt(
  mutant: Mutant,
  { seeds, from = 1 }: { seeds: number; from?: number },
): Promise<{ seed: number; rule: string } | { output: string }> {
  const root = new URL("../../", import.meta.url);
  const folder = await Deno.makeTempDir();
  try {
    const importMap = await plant(mutant, root, folder);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check", "-A"],
        ...["--config", new URL("deno.json", root).pathname],
        ...["--import-map", importMap],
        new URL("main.ts", import.meta.url).pathname,
        ...["--brief", "--from", `${from}`, "--seeds", `${seeds}`],
        ...mutant.profiles ? [`--profile=${mutant.profiles}`] : [],
      ],
      signal: AbortSignal.timeout(120_000),
    }).output();
    const output = new TextDecoder().decode(stdout).trim();
    const found = /^\{.*\}$/m.exec(output);
    if (found) return JSON.parse(found[0]);
    return { output: output + new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const [filter = ""] = Deno.args;
  for (const mutant of MUTANTS) {
    if (!mutant.name.includes(filter)) continue;
    const startedAt = Date.now();
    const found = await hunt(mutant, { seeds: 200 });
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    console.log(`${mutant.name}: ${JSON.stringify(found)} (${seconds} s)`);
  }
}
