/** Answers that lack required members, and lists of shards that are not complete. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { GetRecordsResponse } from "../../client/mod.ts";
import { KinesisError } from "../../errors.ts";
import { hideShards } from "./_shard_lists.ts";
import { assertComplete, collect, STREAM, values, World } from "./_world.ts";

const DAMAGES: Record<string, (answer: GetRecordsResponse) => unknown> = {
  "no next iterator": (answer) => ({ ...answer, NextShardIterator: undefined }),
  "an empty next iterator": (answer) => ({
    ...answer,
    NextShardIterator: "",
    ChildShards: [],
  }),
  "a record without data": (answer) => ({
    ...answer,
    Records: answer.Records.map((record) => ({ ...record, Data: undefined })),
  }),
};

for (const [what, damage] of Object.entries(DAMAGES)) {
  Deno.test(`Consumer reads again after an answer with ${what}`, async () => {
    const world = new World();
    const client = world.client();
    const read = client.getRecords;
    let answers = 0;
    client.getRecords = async (...args) => {
      const answer = await read(...args);
      return answers++ === 0 ? damage(answer) as GetRecordsResponse : answer;
    };
    await world.put(20);
    const consumer = world.consumer({ client, until: "caught-up" });
    assertComplete(values(await world.drain(consumer)), world.written);
    assertEquals(world.errors.length, 1);
  });
}

Deno.test("Consumer reports with growing pauses that the children of a shard are not listed", async () => {
  const world = new World();
  let isHidden = true;
  const [parent] = world.shardIds;
  const reported: number[] = [];
  const consumer = world.consumer({
    client: world.client((fetch) =>
      hideShards(fetch, (id) => isHidden && id !== parent)
    ),
    checkpointer: new MemoryCheckpointer(),
    until: "caught-up",
    hooks: {
      onReadError: ({ error, retryDelayMs }) => {
        assertInstanceOf(error, KinesisError);
        assertEquals(error.code, "ShardListIncomplete");
        reported.push(retryDelayMs);
      },
    },
  });
  await world.put(5);
  world.server.split(STREAM, parent!);
  await world.put(5);
  const all = collect(consumer);
  await world.pass(120_000);
  assert(reported.length > 5 && reported.length < 40, `${reported.length}`);
  assert(reported.at(-1)! >= 4 * reported[0]!);
  isHidden = false;
  assertComplete(values(await world.run(all)), world.written);
});

for (const action of ["GetRecords", "GetShardIterator"]) {
  Deno.test(`Consumer tries again when ${action} says that the stream is in use`, async () => {
    const world = new World({
      rules: [{
        action,
        times: 1,
        fault: { type: "error", code: "ResourceInUseException", status: 400 },
      }],
    });
    await world.put(5);
    const consumer = world.consumer({ until: "caught-up" });
    assertComplete(values(await world.drain(consumer)), world.written);
    assertEquals(world.errors.length, 1);
  });
}

Deno.test("Consumer stores a checkpoint behind a record that gives no value", async () => {
  const world = new World();
  await world.put(1);
  await world.putRaw("\n", world.shardIds[0]!);
  const positions: string[] = [];
  const consumer = world.consumer({
    checkpointer: new MemoryCheckpointer(),
    until: "caught-up",
    hooks: { onCheckpoint: ({ position }) => void positions.push(position) },
  });
  const [record] = await world.drain(consumer);
  assert(BigInt(positions.at(-1)!) > BigInt(record!.sequenceNumber));
});
