// A process of its own for redis_processes_test.ts: `take PORT OWNER TIMES` or
// `checkpoint PORT OWNER`.
import { RedisCheckpointer } from "../../checkpoint/mod.ts";
import { closeIoRedis, openIoRedis } from "./_redis_fixtures.ts";

const [mode, port = "", owner = "worker", times = "0"] = Deno.args;
const redis = openIoRedis(Number(port));
const checkpointer = new RedisCheckpointer({ redis, name: "app" });
await checkpointer.create({
  streamName: "orders",
  shardId: "shard",
  checkpoint: { type: "TRIM_HORIZON" },
  parentShardIds: [],
});

if (mode === "take") {
  for (let won = 0; won < Number(times);) {
    const [lease] = await checkpointer.list("orders");
    if (await checkpointer.take(lease!, owner)) won++;
  }
  await closeIoRedis(redis);
} else {
  const [lease] = await checkpointer.list("orders");
  let held = await checkpointer.take(lease!, owner);
  while (held) {
    const sequenceNumber = `${held.counter}`;
    held = await checkpointer.checkpoint(held, {
      type: "SEQUENCE",
      sequenceNumber,
    });
    // Written after the checkpoint has resolved, so the server must hold all numbers that were
    // written.
    if (held) {
      await Deno.stdout.write(new TextEncoder().encode(`${sequenceNumber}\n`));
    }
  }
  await Deno.stdout.write(new TextEncoder().encode("refused\n"));
  await closeIoRedis(redis);
}
