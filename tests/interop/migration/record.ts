/**
 * Runs the programs of a migration guide that need Python, against a server on loopback, together
 * with those of this library. Each reads what the other has written. What they wrote and read is
 * stored in this folder, and `recorded_test.ts` compares with it. Needs Python 3.11 or later with
 * pip, and `redis-server` for async-kinesis.
 *
 *     deno run -A tests/interop/migration/record.ts async-kinesis
 *     deno run -A tests/interop/migration/record.ts boto
 *
 * With `--check` nothing is stored.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { Redis } from "ioredis";
import { startRedis } from "../../_services/redis.ts";
import { deno, writePrograms } from "./programs.ts";
import {
  digestsOf,
  Loopback,
  type Recording,
  recordingOf,
} from "./recording.ts";

/** The packages of PyPI that the old programs of each guide need. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "async-kinesis": ["async-kinesis[redis]==3.0.1"],
  boto: ["boto3==1.44.8", "kiner==0.8.0"],
};

/** Makes an environment of Python with packages. Returns its interpreter. */
async function installPython(
  folder: string,
  packages: readonly string[],
): Promise<string> {
  const python = `${folder}/python/bin/python`;
  for (
    const [program, ...args] of [
      ["python3", "-m", "venv", `${folder}/python`],
      [python, "-m", "pip", "install", "--quiet", ...packages],
    ] as const
  ) {
    const { success, stderr } = await new Deno.Command(program, { args })
      .output();
    assert(success, new TextDecoder().decode(stderr));
  }
  return python;
}

/** The keys and values that a program has left in Redis. */
async function contentsOf(url: string): Promise<Record<string, unknown>> {
  const redis = new Redis(url);
  try {
    const keys = (await redis.keys("*")).sort();
    const values = await Promise.all(keys.map((key) => redis.get(key)));
    return Object.fromEntries(keys.map((key, i) => [key, values[i]]));
  } finally {
    redis.disconnect();
  }
}

/** Runs all programs of a guide. Fails if one of them reads something else than another. */
async function record(guide: string, folder: string): Promise<Recording> {
  const packages = PACKAGES[guide]!;
  const python = await installPython(folder, packages);
  await writePrograms(guide, folder);
  const programs = await digestsOf(guide);

  await using mine = new Loopback();
  await mine.run(deno("write.ts"), folder);
  await using redis = await startRedis();
  const env = { REDIS_PORT: String(redis.port) };
  const lines = await mine.run([python, "read.py"], folder, env);
  assert(lines.length > 0, "the old reader has read nothing");
  const progress = await contentsOf(redis.url);
  assertEquals(await mine.run(deno("read.ts"), folder), lines);

  const written: Record<string, ReturnType<Loopback["records"]>> = {};
  for (const name of Object.keys(programs)) {
    if (!name.startsWith("write")) continue;
    await using old = new Loopback();
    await old.run([python, name], folder);
    written[name] = old.records();
    assertEquals(await old.run(deno("read.ts"), folder), lines, name);
  }
  return {
    versions: packages,
    programs,
    written,
    ours: mine.records(),
    lines,
    ...(Object.keys(progress).length > 0 ? { progress } : {}),
  };
}

if (import.meta.main) {
  const [guide = "", ...flags] = Deno.args;
  assert(guide in PACKAGES, `name one of ${Object.keys(PACKAGES).join(", ")}`);
  const folder = await Deno.makeTempDir();
  try {
    const recording = await record(guide, folder);
    const text = `${JSON.stringify(recording, null, 1)}\n`;
    if (!flags.includes("--check")) {
      await Deno.writeTextFile(recordingOf(guide), text);
    }
    const { lines, ours, written } = recording;
    const counts = Object.entries(written).map(([name, { length }]) =>
      `${name} in ${length}`
    );
    console.log(
      `${guide}: ${lines.length} values, written by ${counts.join(", ")} ` +
        `and by write.ts in ${ours.length} records; both readers read all of them`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
