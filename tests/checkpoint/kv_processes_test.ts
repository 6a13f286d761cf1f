import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { KvCheckpointer } from "../../checkpoint/mod.ts";
import type { Lease } from "../../checkpoint/mod.ts";

const WORKER = new URL("./_kv_worker.ts", import.meta.url);

function worker(...args: string[]): Deno.ChildProcess {
  const flags = ["run", "--quiet", "--unstable-kv", "-A"];
  return new Deno.Command(Deno.execPath(), {
    args: [...flags, WORKER.pathname, ...args],
    stdout: "piped",
  }).spawn();
}

async function withFile(body: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(`${directory}/leases.sqlite3`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function onlyLease(path: string): Promise<Lease> {
  const kv = await Deno.openKv(path);
  const [lease] = await new KvCheckpointer({ kv, name: "app" }).list("orders");
  kv.close();
  assert(lease);
  return lease;
}

Deno.test("KvCheckpointer loses no write when two processes share a file", () =>
  withFile(async (path) => {
    const outputs = await Promise.all([
      worker("take", path, "a", "200").output(),
      worker("take", path, "b", "200").output(),
    ]);
    assertEquals(outputs.map(({ code }) => code), [0, 0]);
    // Each of the 400 accepted takes has added 1 to the counter.
    assertEquals((await onlyLease(path)).counter, 400);
  }));

Deno.test("KvCheckpointer holds every checkpoint that resolved when its process is killed", () =>
  withFile(async (path) => {
    for (let round = 1; round <= 3; round++) {
      const child = worker("checkpoint", path, `worker-${round}`);
      let text = "";
      let killed = false;
      const decoder = new TextDecoderStream();
      for await (const chunk of child.stdout.pipeThrough(decoder)) {
        text += chunk; // to the end: the pipe may hold more when the process is gone
        if (!killed && lines(text) >= 50 * round) {
          killed = true;
          child.kill("SIGKILL");
        }
      }
      const { signal } = await child.status;
      assertEquals(signal, "SIGKILL");
      const acknowledged = text.slice(0, text.lastIndexOf("\n")).split("\n");
      const { checkpoint, owner } = await onlyLease(path);
      assertEquals(owner, `worker-${round}`);
      assert(checkpoint.type === "SEQUENCE");
      const last = Number(acknowledged.at(-1));
      const stored = Number(checkpoint.sequenceNumber);
      // One write may have reached the file although its number was not written any more.
      assertGreaterOrEqual(stored, last);
      assert(stored <= last + 1, `stored ${stored}, acknowledged ${last}`);
    }
  }));

function lines(text: string): number {
  return text.split("\n").length - 1;
}
