import { assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { SqlCheckpointer } from "../../checkpoint/mod.ts";
import { judgeCheckpoints } from "../../cli/_doctor/judge_checkpoints.ts";
import { KinesisClient } from "../../client/mod.ts";
import { Consumer, type ShardCheckpoint } from "../../mod.ts";
import { string } from "../../processors/mod.ts";
import { inFolder, putAll } from "./_copied.ts";
import { FakeTerminalKinesis } from "./_fake_terminal.ts";

Deno.test("doctor with a store says that no worker runs, and how far the stream is processed", async () => {
  await inFolder(async (folder) => {
    await using kinesis = new FakeTerminalKinesis();
    const { server } = kinesis;
    server.createStream("orders", { shards: 1 });
    await putAll(kinesis, "orders", [["a", "1"], ["a", "2"]]);
    const path = `${folder}/app.db`;
    const connection = new DatabaseSync(path);
    const checkpointer = new SqlCheckpointer({ connection, name: "app" });
    const consumer = new Consumer({
      client: new KinesisClient(server.connection),
      ...{ streamName: "orders", processor: string(), checkpointer },
      limit: 1,
    });
    for await (const _ of consumer);
    connection.close();
    server.advance(7 * 60_000 + 5000);

    const { lines } = await kinesis.run([
      ...["--json", "doctor", "orders"],
      ...["--store", `sqlite:${path}`, "--name", "app"],
    ]);
    const of = Object.fromEntries(
      lines.map((line) => JSON.parse(line)).map((line) => [line.id, line]),
    );
    assertEquals(of.checkpoints.status, "warning");
    assertMatch(
      of.checkpoints.message,
      /^No worker is running; shardId-0{12} is 7 m \d s behind$/,
    );
    assertEquals(of.lag.status, "warning");
    assertMatch(of.lag.message, /^The slowest reader is 7 minutes behind$/);
  });
});

Deno.test("doctor refuses options of a store without a store or a stream", async () => {
  await using kinesis = new FakeTerminalKinesis();
  for (
    const [args, why] of [
      [["orders", "--name=app"], /--name is only with --store/],
      [["orders", "--store-endpoint=http://x"], /--store-endpoint is only/],
      [["--store=sqlite:app.db", "--name=app"], /--store needs a stream/],
    ] as const
  ) {
    const { code, notes } = await kinesis.run(["doctor", ...args]);
    assertEquals(code, 2);
    assertMatch(notes, why);
  }
});

function shard(
  at: number,
  state: ShardCheckpoint["state"],
  owner?: string,
): ShardCheckpoint {
  return {
    shardId: `shard-${at}`,
    parentShardIds: [],
    isListed: true,
    isOpen: true,
    ...{ state, owner },
  };
}

Deno.test("doctor judges who holds the shards", () => {
  const judge = (shards: ShardCheckpoint[], workers: string[]) => {
    const { status, message } = judgeCheckpoints({
      shards,
      workers: workers.map((workerId) => ({ workerId, leases: 1 })),
    }, shards.map((shard) => ({ shard, lagMs: 1000 })));
    return `${status}: ${message}`;
  };
  const held = shard(0, "held", "a");
  assertEquals(
    judge([held, shard(1, "held", "b")], ["a", "b"]),
    "ok: 2 workers hold 2 shards",
  );
  assertEquals(
    judge([held, shard(1, "expired", "b"), shard(2, "waiting")], ["a"]),
    "warning: 1 worker holds 1 shard, and no worker reads 1 shard: shard-1 (of b)",
  );
  assertEquals(
    judge([shard(0, "new"), shard(1, "new")], []),
    "warning: No progress is stored for this stream",
  );
  assertEquals(
    judge([shard(0, "free"), shard(1, "finished")], []),
    "warning: No worker is running; shard-0 is 1 s behind",
  );
});
