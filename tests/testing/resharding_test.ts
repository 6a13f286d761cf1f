import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { KinesisServer, ServiceFault } from "../../testing/mod.ts";
import { entry, fails, HALF, iterator, ok, readAll } from "./_call.ts";

interface ListedShard {
  ShardId: string;
  ParentShardId?: string;
  AdjacentParentShardId?: string;
  HashKeyRange: { StartingHashKey: string; EndingHashKey: string };
  SequenceNumberRange: {
    StartingSequenceNumber: string;
    EndingSequenceNumber?: string;
  };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function withStream(
  shards: number,
  options: ConstructorParameters<typeof KinesisServer>[0] = {},
) {
  const server = new KinesisServer({ limits: false, ...options });
  const { shardIds: ids } = server.createStream("s", { shards });
  const list = async (
    input: Record<string, unknown> = {},
  ): Promise<ListedShard[]> =>
    (await ok(server.fetch, "ListShards", { StreamName: "s", ...input }))
      .Shards;
  return { server, fetch: server.fetch, ids, list };
}

Deno.test("SplitShard closes the parent and opens two children that cover its keys", async () => {
  const { fetch, ids, list } = withStream(1);
  await ok(fetch, "SplitShard", {
    StreamName: "s",
    ShardToSplit: ids[0],
    NewStartingHashKey: String(HALF),
  });
  const [parent, lower, upper] = await list();
  assert(parent!.SequenceNumberRange.EndingSequenceNumber);
  assertEquals(lower!.ParentShardId, ids[0]);
  assertEquals(upper!.ParentShardId, ids[0]);
  assertEquals(lower!.HashKeyRange, {
    StartingHashKey: "0",
    EndingHashKey: String(HALF - 1n),
  });
  assertEquals(upper!.HashKeyRange, {
    StartingHashKey: String(HALF),
    EndingHashKey: String(2n * HALF - 1n),
  });
});

Deno.test("MergeShards closes both parents and names both on the child", async () => {
  const { fetch, ids, list } = withStream(2);
  await ok(fetch, "MergeShards", {
    StreamName: "s",
    ShardToMerge: ids[0],
    AdjacentShardToMerge: ids[1],
  });
  const shards = await list();
  assertEquals(shards[2]!.ParentShardId, ids[0]);
  assertEquals(shards[2]!.AdjacentParentShardId, ids[1]);
  for (const parent of shards.slice(0, 2)) {
    assert(parent.SequenceNumberRange.EndingSequenceNumber);
  }
});

Deno.test("SplitShard and MergeShards reject closed, missing and non-adjacent shards", async () => {
  const { fetch, ids } = withStream(3);
  const split = (ShardToSplit: string, at: bigint) =>
    ["SplitShard", {
      StreamName: "s",
      ShardToSplit,
      NewStartingHashKey: String(at),
    }] as const;
  const merge = (a: string, b: string) =>
    ["MergeShards", {
      StreamName: "s",
      ShardToMerge: a,
      AdjacentShardToMerge: b,
    }] as const;
  const [a, b, c] = ids as [string, string, string];
  for (
    const [action, input] of [
      split(a, 0n),
      split(a, 1n),
      split(a, HALF),
      merge(a, c),
      merge(a, a),
    ]
  ) {
    await fails(fetch, "InvalidArgumentException", action, input);
  }
  await fails(
    fetch,
    "ResourceNotFoundException",
    ...split("shardId-000000000009", 5n),
  );
  await ok(fetch, ...merge(b, a));
  for (const [action, input] of [split(a, 5n), merge(b, c)]) {
    await fails(fetch, "InvalidArgumentException", action, input);
  }
  await fails(fetch, "ValidationException", "SplitShard", {
    StreamName: "s",
    ShardToSplit: a,
    NewStartingHashKey: "-1",
  });
});

Deno.test("SplitShard takes effect when the transition time has passed", async () => {
  const { server, fetch, ids, list } = withStream(1, { transitionMs: 30_000 });
  const split = {
    StreamName: "s",
    ShardToSplit: ids[0],
    NewStartingHashKey: String(HALF),
  };
  const status = async () =>
    (await ok(fetch, "DescribeStreamSummary", { StreamName: "s" }))
      .StreamDescriptionSummary.StreamStatus;
  await ok(fetch, "SplitShard", split);
  assertEquals(await status(), "UPDATING");
  assertEquals((await list()).length, 1);
  await fails(fetch, "ResourceInUseException", "SplitShard", split);
  assertThrows(() => server.split("s", ids[0]!), ServiceFault, "not ACTIVE");
  const { ShardId } = await ok(fetch, "PutRecord", {
    StreamName: "s",
    ...entry("k"),
  });
  assertEquals(ShardId, ids[0]);
  server.advance(30_000);
  assertEquals(await status(), "ACTIVE");
  assertEquals((await list()).length, 3);
});

Deno.test("CreateStream and DeleteStream pass through CREATING and DELETING", async () => {
  const server = new KinesisServer({ transitionMs: 10_000 });
  const { fetch } = server;
  const summary = async () =>
    (await ok(fetch, "DescribeStreamSummary", { StreamName: "t" }))
      .StreamDescriptionSummary;
  await ok(fetch, "CreateStream", { StreamName: "t", ShardCount: 2 });
  assertEquals((await summary()).StreamStatus, "CREATING");
  assertEquals((await summary()).OpenShardCount, 0);
  await fails(fetch, "ResourceInUseException", "CreateStream", {
    StreamName: "t",
    ShardCount: 2,
  });
  await fails(fetch, "ResourceInUseException", "ListShards", {
    StreamName: "t",
  });
  await fails(fetch, "ResourceNotFoundException", "PutRecord", {
    StreamName: "t",
    ...entry("k"),
  });
  server.advance(10_000);
  assertEquals((await summary()).StreamStatus, "ACTIVE");
  assertEquals((await summary()).OpenShardCount, 2);
  await ok(fetch, "DeleteStream", { StreamName: "t" });
  assertEquals((await summary()).StreamStatus, "DELETING");
  await ok(fetch, "PutRecord", { StreamName: "t", ...entry("k") });
  await ok(fetch, "PutRecords", { StreamName: "t", Records: [entry("k")] });
  await fails(fetch, "ResourceInUseException", "CreateStream", {
    StreamName: "t",
    ShardCount: 2,
  });
  server.advance(10_000);
  await fails(fetch, "ResourceNotFoundException", "PutRecord", {
    StreamName: "t",
    ...entry("k"),
  });
  await fails(fetch, "ResourceNotFoundException", "DescribeStreamSummary", {
    StreamName: "t",
  });
});

Deno.test("GetRecords returns the child shards on the last page of a closed shard", async () => {
  const { server, fetch, ids } = withStream(2);
  await ok(fetch, "PutRecord", {
    StreamName: "s",
    ...entry("k"),
    ExplicitHashKey: "0",
  });
  const first = await iterator(fetch, "s", ids[0]!);
  const latest = await iterator(fetch, "s", ids[1]!, {
    ShardIteratorType: "LATEST",
  });
  const open = await readAll(fetch, first);
  assert(open.last.NextShardIterator);
  assertEquals(open.last.ChildShards, undefined);
  const child = server.merge("s", ids[0]!, ids[1]!);
  const ChildShards = [{
    ShardId: child,
    ParentShards: [...ids],
    HashKeyRange: {
      StartingHashKey: "0",
      EndingHashKey: String(2n * HALF - 1n),
    },
  }];
  for (const [start, count] of [[first, 1], [latest, 0]] as const) {
    const { records, last } = await readAll(fetch, start);
    assertEquals(records.length, count);
    assertEquals(last.NextShardIterator, undefined);
    assertEquals(last.ChildShards, ChildShards);
  }
});

Deno.test("ListShards applies every ShardFilter", async () => {
  const { server, ids, list } = withStream(1);
  const [parent] = ids as [string];
  server.advance(HOUR);
  const before = server.now() / 1_000 - 60;
  const [lower, upper] = server.split("s", parent);
  server.advance(HOUR);
  const named = async (
    Type: string,
    rest: Record<string, unknown> = {},
  ) =>
    (await list({ ShardFilter: { Type, ...rest } }))
      .map(({ ShardId }) => ShardId);
  const after = server.now() / 1_000 - 60;
  assertEquals(await named("AT_LATEST"), [lower, upper]);
  assertEquals(await named("AT_TRIM_HORIZON"), [parent]);
  assertEquals(await named("FROM_TRIM_HORIZON"), [parent, lower, upper]);
  assertEquals(await named("AT_TIMESTAMP", { Timestamp: before }), [parent]);
  assertEquals(await named("AT_TIMESTAMP", { Timestamp: after }), [
    lower,
    upper,
  ]);
  assertEquals(await named("FROM_TIMESTAMP", { Timestamp: before }), [
    parent,
    lower,
    upper,
  ]);
  assertEquals(await named("FROM_TIMESTAMP", { Timestamp: after }), [
    lower,
    upper,
  ]);
  assertEquals(await named("AFTER_SHARD_ID", { ShardId: parent }), [
    lower,
    upper,
  ]);
  const { fetch } = server;
  for (const Type of ["AT_TIMESTAMP", "FROM_TIMESTAMP", "AFTER_SHARD_ID"]) {
    await fails(fetch, "InvalidArgumentException", "ListShards", {
      StreamName: "s",
      ShardFilter: { Type },
    });
  }
});

Deno.test("ListShards omits a closed shard after its records have expired", async () => {
  const { server, fetch, ids, list } = withStream(1);
  const [lower] = server.split("s", ids[0]!);
  server.advance(23 * HOUR);
  assertEquals((await list()).length, 3);
  server.advance(2 * HOUR);
  const shards = await list();
  assertEquals(shards.map(({ ShardId }) => ShardId)[0], lower);
  // The child still names the removed parent.
  assertEquals(shards[0]!.ParentShardId, ids[0]);
  await fails(fetch, "ResourceNotFoundException", "GetShardIterator", {
    StreamName: "s",
    ShardId: ids[0],
    ShardIteratorType: "TRIM_HORIZON",
  });
});

Deno.test("ListShards returns pages by a token that allows no other parameter and expires after 300 seconds", async () => {
  const { server, fetch } = withStream(3_000);
  const seen: string[] = [];
  let page = await ok(fetch, "ListShards", { StreamName: "s" });
  let pages = 0;
  for (;;) {
    pages++;
    seen.push(...page.Shards.map(({ ShardId }: ListedShard) => ShardId));
    if (!page.NextToken) break;
    page = await ok(fetch, "ListShards", { NextToken: page.NextToken });
  }
  assertEquals(pages, 3);
  assertEquals(new Set(seen).size, 3_000);
  const { NextToken } = await ok(fetch, "ListShards", {
    StreamName: "s",
    MaxResults: 10,
    ShardFilter: { Type: "AT_LATEST" },
  });
  await fails(fetch, "InvalidArgumentException", "ListShards", {
    StreamName: "s",
    NextToken,
  });
  await fails(fetch, "InvalidArgumentException", "ListShards", {
    NextToken: "AAAA",
  });
  server.advance(301_000);
  await fails(fetch, "ExpiredNextTokenException", "ListShards", { NextToken });
});

Deno.test("UpdateShardCount opens equal shards, and every record stays readable from parents to children", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
      async (targets) => {
        const { server, fetch, list } = withStream(2);
        for (const target of targets) {
          const current =
            (await list({ ShardFilter: { Type: "AT_LATEST" } })).length;
          const TargetShardCount = Math.min(
            Math.max(target, Math.ceil(current / 2)),
            current * 2,
          );
          if (TargetShardCount === current) continue;
          await ok(fetch, "UpdateShardCount", {
            StreamName: "s",
            TargetShardCount,
            ScalingType: "UNIFORM_SCALING",
          });
          server.advance(1);
          const open = await list({ ShardFilter: { Type: "AT_LATEST" } });
          assertEquals(open.length, TargetShardCount);
          const width = 2n * HALF / BigInt(TargetShardCount);
          const starts = open
            .map(({ HashKeyRange }) => BigInt(HashKeyRange.StartingHashKey))
            .sort((a, b) => a < b ? -1 : 1);
          assertEquals(starts, starts.map((_, i) => BigInt(i) * width));
        }
        const shards = await list();
        const byId = new Map(shards.map((shard) => [shard.ShardId, shard]));
        for (const shard of shards) {
          for (const id of [shard.ParentShardId, shard.AdjacentParentShardId]) {
            if (id === undefined) continue;
            const { EndingSequenceNumber: end } = byId.get(id)!
              .SequenceNumberRange;
            assert(end! < shard.SequenceNumberRange.StartingSequenceNumber);
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("UpdateShardCount enforces its limits", async () => {
  const { server, fetch } = withStream(4);
  const update = (TargetShardCount: number) =>
    ["UpdateShardCount", {
      StreamName: "s",
      TargetShardCount,
      ScalingType: "UNIFORM_SCALING",
    }] as const;
  await fails(fetch, "LimitExceededException", ...update(9));
  await fails(fetch, "LimitExceededException", ...update(1));
  await fails(fetch, "InvalidArgumentException", ...update(4));
  for (let i = 0; i < 10; i++) await ok(fetch, ...update(i % 2 ? 4 : 5));
  await fails(fetch, "LimitExceededException", ...update(5));
  server.advance(24 * HOUR);
  await ok(fetch, ...update(5));
});

Deno.test("KinesisServer enforces the shard limit of the account", async () => {
  const { fetch, ids } = withStream(2, { shardLimit: 3 });
  await fails(fetch, "LimitExceededException", "CreateStream", {
    StreamName: "t",
    ShardCount: 2,
  });
  const split = (ShardToSplit: string, at: bigint) =>
    ["SplitShard", {
      StreamName: "s",
      ShardToSplit,
      NewStartingHashKey: String(at),
    }] as const;
  await ok(fetch, ...split(ids[0]!, HALF / 2n));
  await fails(
    fetch,
    "LimitExceededException",
    ...split(ids[1]!, HALF + HALF / 2n),
  );
});

Deno.test("KinesisServer.split and merge route later records to the children", async () => {
  const { server, fetch, ids } = withStream(1);
  const put = async (hash: bigint): Promise<string> =>
    (await ok(fetch, "PutRecord", {
      StreamName: "s",
      ...entry("k"),
      ExplicitHashKey: String(hash),
    })).ShardId;
  assertEquals(await put(0n), ids[0]);
  const [lower, upper] = server.split("s", ids[0]!, { at: 100n });
  assertEquals(await put(99n), lower);
  assertEquals(await put(100n), upper);
  const child = server.merge("s", lower, upper);
  assertEquals(await put(0n), child);
  assertThrows(() => server.split("s", child, { at: 0n }), RangeError);
  assertThrows(() => server.merge("s", child, child), RangeError);
});
