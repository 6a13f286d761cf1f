/**
 * Has the Kinesis Client Library for Java and `DynamoDBCheckpointer` read, take and checkpoint each
 * other's leases in one table of dynalite. Needs Java 17 and Maven.
 *
 *     deno run -A tests/interop/kcl/run_leases.ts            # compares
 *     deno run -A tests/interop/kcl/run_leases.ts --write    # writes the fixtures again
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Checkpointer, Lease } from "../../../checkpoint/mod.ts";
import { Tables } from "../../checkpoint/_dynamodb_fixtures.ts";
import { assertLeases } from "../../conformance/checkpointer/fixtures.ts";
import { here, installKcl, KCL } from "./install.ts";
import { KclLeases } from "./kcl_leases.ts";
import {
  KCL_LEASES,
  kclCommands,
  keyOf,
  LAYOUTS,
  optionsOf,
  readByKcl,
  SEQUENCE,
  STREAM,
  type TableLayout,
  writeOurs,
} from "./lease_cases.ts";

interface Run {
  readonly tables: Tables;
  readonly classPath: string;
  readonly layout: TableLayout;
}

function openKcl({ tables, classPath, layout }: Run, tableName: string) {
  const { endpoint } = tables;
  return new KclLeases({ classPath, endpoint, tableName, layout });
}

/** The KCL creates a table and writes; we read. Resolves with the rows. */
async function readTheirs(run: Run): Promise<object> {
  const { tables, layout } = run;
  await using kcl = openKcl(run, "by-kcl");
  await kcl.expect(true, "table");
  for (const command of kclCommands(layout)) await kcl.expect(true, ...command);
  const ours = tables.open("by-kcl", optionsOf(layout));
  assertLeases(await ours.list(STREAM), KCL_LEASES);
  return await tables.rows("by-kcl");
}

/** We create a table and write; the KCL reads. Resolves with the rows. */
async function haveOursRead(run: Run): Promise<object> {
  const { tables, layout } = run;
  const options = { ...optionsOf(layout), createTable: true };
  await writeOurs(tables.open("by-us", options));
  await using kcl = openKcl(run, "by-us");
  assertEquals(await kcl.run("list"), readByKcl(layout));
  return await tables.rows("by-us");
}

/** A record that is processed in part is one that the KCL reads again, and we do not. */
async function repeatPartial(run: Run): Promise<void> {
  const { tables, layout } = run;
  const key = keyOf(layout, "inside");
  const options = optionsOf(layout);
  const ours = tables.open("by-us", { ...options, partialRecords: "repeat" });
  const find = async () =>
    (await ours.list(STREAM)).find(({ shardId }) => shardId === "inside")!;
  const held = await ours.take(await find(), "ours");
  const part = {
    type: "SEQUENCE",
    sequenceNumber: SEQUENCE,
    subSequenceNumber: 4,
  } as const;
  await ours.checkpoint(held!, part);
  assertEquals((await find()).checkpoint, part);
  await using kcl = openKcl(run, "by-us");
  // Before value 0, at which the KCL numbers a record that is not aggregated.
  const lines = (await kcl.run("list")).split("; ");
  const [, , , position] = lines.find((line) => line.startsWith(`${key} `))!
    .split(" ");
  assertEquals(position, `${SEQUENCE}/-1`);
  await kcl.expect(true, "take", key, "kcl");
  await kcl.expect(true, "checkpoint", key, SEQUENCE, "0");
  const after = { ...part, subSequenceNumber: 0 };
  assertEquals((await find()).checkpoint, after);
}

/** Leases go to and fro, and each side goes on at the checkpoint of the other. */
async function passToAndFro(run: Run): Promise<void> {
  const { tables, layout } = run;
  const key = keyOf(layout, "shard");
  await using kcl = openKcl(run, "shared");
  await kcl.expect(true, "table");
  const ours: Checkpointer = tables.open("shared", optionsOf(layout));
  const stored = async () => (await ours.list(STREAM))[0]!;
  await kcl.expect(true, "create", key, "TRIM_HORIZON", "0", "-");
  await kcl.expect(true, "take", key, "kcl");
  await kcl.expect(true, "prepare", key, SEQUENCE, "5");
  let seen: Lease = await stored();
  for (let round = 1; round <= 9; round++) {
    const theirs = `${round}1`;
    await kcl.expect(true, "checkpoint", key, theirs, `${round}`);
    await kcl.expect(true, "prepare", key, `${round}5`, "0");
    assertEquals(await ours.take(seen, "ours"), undefined, "a stale counter");

    seen = await stored();
    assertEquals(seen.checkpoint, {
      type: "SEQUENCE",
      sequenceNumber: theirs,
      subSequenceNumber: round,
    });
    const held = await ours.take(seen, "ours");
    assert(held, "the counter is that of the KCL's last write");
    await kcl.expect(false, "renew", key);
    await kcl.expect(false, "checkpoint", key, "9", "0");

    const checkpoint = {
      type: "SEQUENCE",
      sequenceNumber: `${round}2`,
    } as const;
    const written = await ours.checkpoint(held, checkpoint);
    assert(written, "our checkpoint is accepted");
    await kcl.expect(true, "forget", key);
    await kcl.expect(true, "take", key, "kcl");
    assertEquals(await ours.renew(written), undefined, "the KCL has the lease");
    const [, owner, , position, , , pending] = (await kcl.run("list")).split(
      " ",
    );
    assertEquals(
      [owner, position, pending],
      ["kcl", `${round}2/9223372036854775807`, `${round}5/0`],
    );
    await kcl.expect(true, "renew", key);
    seen = await stored();
  }
  await kcl.expect(true, "evict", key);
  assertEquals((await stored()).owner, undefined);
}

if (import.meta.main) {
  const classPath = await installKcl();
  for (const layout of LAYOUTS) {
    await using tables = await Tables.start();
    const run = { tables, classPath, layout };
    const rows = {
      byKcl: await readTheirs(run),
      byUs: await haveOursRead(run),
    };
    await repeatPartial(run);
    await passToAndFro(run);
    if (Deno.args.includes("--write")) {
      const text = JSON.stringify(rows, null, 2);
      await Deno.writeTextFile(here(`leases_${layout}.json`), `${text}\n`);
    }
    console.log(
      `${layout}: the KCL ${KCL} and DynamoDBCheckpointer read and take each other's leases`,
    );
  }
}
