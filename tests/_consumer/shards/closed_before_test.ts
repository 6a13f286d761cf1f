import { assertEquals, assertRejects } from "@std/assert";
import { closedBefore } from "../../../_consumer/shards/closed_before.ts";
import { Lineage } from "../../../_consumer/shards/lineage.ts";
import type { KinesisClient, ListShardsRequest } from "../../../client/mod.ts";
import { ServiceError } from "../../../errors.ts";
import { FakeClock } from "../../_services/fake_clock.ts";
import { shard } from "../../_services/shard.ts";

// p was split into a and b, and a into c and d; q has no listed child.
const SHARDS = [
  shard("p", { closed: true }),
  shard("q", { closed: true }),
  shard("a", { parents: ["p"], closed: true }),
  shard("b", { parents: ["p"] }),
  shard("c", { parents: ["a"] }),
  shard("d", { parents: ["a"] }),
];
const TIME = new Date(1_700_000_000_000);

/** The shards that are left out if a server lists these ones as open at the time or later. */
async function leftOut(later: string | Error, shards = SHARDS) {
  const asked: ListShardsRequest[] = [];
  const client = {
    async *listAllShards(request: ListShardsRequest) {
      asked.push(request);
      if (later instanceof Error) throw later;
      yield* await Promise.resolve(
        SHARDS.filter(({ ShardId }) => later.includes(ShardId)),
      );
    },
  } as Pick<KinesisClient, "listAllShards"> as KinesisClient;
  const target = { StreamName: "s" };
  const clock = new FakeClock();
  const closed = await closedBefore(
    TIME,
    new Lineage(shards),
    { client, target, stream: "s", clock, stallTimeoutMs: 60_000 },
    new AbortController().signal,
  );
  return { closed: [...closed].join(""), asked };
}

Deno.test("closedBefore names closed shards that the server does not list for the time", async () => {
  const { closed, asked } = await leftOut("bcd");
  assertEquals(closed, "pa");
  assertEquals(asked, [{
    StreamName: "s",
    ShardFilter: { Type: "FROM_TIMESTAMP", Timestamp: TIME },
  }]);
  assertEquals((await leftOut("abcd")).closed, "p");
  assertEquals((await leftOut("pqabcd")).closed, "");
});

Deno.test("closedBefore names no shard of a list that contradicts itself", async () => {
  // A shard cannot have ended before its parent.
  assertEquals((await leftOut("pbcd")).closed, "");
  // An open shard is open at every later time.
  assertEquals((await leftOut("bc")).closed, "");
  assertEquals((await leftOut("")).closed, "");
});

Deno.test("closedBefore asks only if a shard is closed, and does without a server that cannot tell", async () => {
  assertEquals((await leftOut("b", [shard("b", {})])).asked, []);
  const error = (retryable: boolean) =>
    new ServiceError("no", {
      code: "InvalidArgumentException",
      action: "ListShards",
      status: 400,
      retryable,
    });
  assertEquals((await leftOut(error(false))).closed, "");
  await assertRejects(() => leftOut(error(true)), ServiceError);
});
