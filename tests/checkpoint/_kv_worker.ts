// A process of its own for kv_processes_test.ts: `take PATH OWNER TIMES` or `checkpoint PATH`.
import { KvCheckpointer } from "../../checkpoint/mod.ts";

const [mode, path = "", owner = "worker", times = "0"] = Deno.args;
const kv = await open(path);
const checkpointer = new KvCheckpointer({ kv, name: "app" });
await checkpointer.create({
  streamName: "orders",
  shardId: "shard",
  checkpoint: { type: "TRIM_HORIZON" },
  parentShardIds: [],
});

if (mode === "take") {
  let refused = 0;
  for (let won = 0; won < Number(times);) {
    const [lease] = await checkpointer.list("orders");
    if (await checkpointer.take(lease!, owner)) won++;
    else refused++;
  }
  console.log(JSON.stringify({ refused }));
  kv.close();
} else {
  const [lease] = await checkpointer.list("orders");
  let held = await checkpointer.take(lease!, owner);
  while (held) {
    const sequenceNumber = `${held.counter}`;
    held = await checkpointer.checkpoint(held, {
      type: "SEQUENCE",
      sequenceNumber,
    });
    // Written after the checkpoint has resolved, so the file must hold all numbers that were
    // written.
    if (held) await Deno.stdout.write(encode(`${sequenceNumber}\n`));
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/**
 * Opens the database. If two processes open a new file at the same time, both create its tables,
 * and one of them fails because the file is locked.
 */
async function open(path: string): Promise<Deno.Kv> {
  for (let attempt = 1;; attempt++) {
    try {
      return await Deno.openKv(path);
    } catch (error) {
      const isLocked = error instanceof Error &&
        error.message === "database is locked";
      if (!isLocked || attempt === 100) throw error;
    }
  }
}
