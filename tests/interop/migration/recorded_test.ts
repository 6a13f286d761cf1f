import { assertEquals, assertMatch } from "@std/assert";
import { type Raw, Tables } from "../../checkpoint/_dynamodb_fixtures.ts";
import { deno, writePrograms } from "./programs.ts";
import {
  digestsOf,
  LEASE_TABLE,
  Loopback,
  type Recording,
  recordingOf,
  STREAM,
  writeReaderOfLeases,
} from "./recording.ts";

async function recorded(guide: string): Promise<Recording> {
  return JSON.parse(await Deno.readTextFile(recordingOf(guide)));
}

for (const guide of ["async-kinesis", "boto", "kpl-and-kcl"]) {
  Deno.test(`The guide for ${guide}: its programs read what was recorded, and write what the old ones have read`, async () => {
    const { programs, written, ours, lines } = await recorded(guide);
    assertEquals(
      await digestsOf(guide),
      programs,
      `programs in docs/migration-from-${guide}.md have changed: record them again`,
    );

    const folder = await Deno.makeTempDir();
    try {
      await writePrograms(guide, folder);
      for (const records of Object.values(written)) {
        await using old = new Loopback();
        await old.write(records);
        assertEquals(await old.run(deno("read.ts"), folder), lines);
      }
      await using mine = new Loopback();
      await mine.run(deno("write.ts"), folder);
      assertEquals(mine.records(), ours);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("The guide for async-kinesis: its checkpointer on Redis stores what the page reads", async () => {
  const { progress } = await recorded("async-kinesis");
  const [[key, value] = []] = Object.entries(progress ?? {});
  assertEquals(key, `pyredis-${LEASE_TABLE}-shardId-000000000000`);
  const { sequence, ...rest } = JSON.parse(String(value));
  assertMatch(sequence, /^495\d{53}$/);
  assertEquals(rest, { ref: null, ts: null });
});

Deno.test("The guide for the KPL and the KCL: its consumer goes on at the checkpoint that the KCL has stored", async () => {
  const { progress, ours } = await recorded("kpl-and-kcl");
  const folder = await Deno.makeTempDir();
  try {
    await writePrograms("kpl-and-kcl", folder);
    await writeReaderOfLeases(folder);
    await using stream = new Loopback();
    await stream.write(ours);
    await using tables = await Tables.start();
    await tables.create(LEASE_TABLE);
    const { sequenceNumber } = stream.server.records(STREAM).at(-1)!;
    for (const [shard, row] of Object.entries(progress as Raw)) {
      const Item = { ...row as Raw, leaseKey: { S: shard } };
      Item.checkpoint = { S: sequenceNumber }; // of the same record in this stream
      delete Item.leaseOwner; // after its failover time
      await tables.call("PutItem", { TableName: LEASE_TABLE, Item });
    }
    await stream.writeTexts("new 1", "new 2");
    const lines = await stream.run(deno("read_leases.ts"), folder, {
      AWS_ENDPOINT_URL_DYNAMODB: tables.endpoint,
    });
    assertEquals(lines, ["new 1", "new 2"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
