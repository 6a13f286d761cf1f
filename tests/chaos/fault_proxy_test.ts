import { assert, assertEquals, assertRejects } from "@std/assert";
import { KinesisServer } from "../../testing/mod.ts";
import { call, entry, ok } from "../testing/_call.ts";
import { startFaultProxy } from "./fault_proxy.ts";

async function counts(endpoint: string): Promise<Record<string, number>> {
  return await (await fetch(`${endpoint}/counts`)).json();
}

Deno.test("The fault proxy puts faults in front of a Kinesis in another place", async () => {
  const server = new KinesisServer();
  server.createStream("s");
  await using listener = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    server.fetch,
  );
  await using proxy = startFaultProxy({
    target: `http://127.0.0.1:${listener.addr.port}/`,
    plan: {
      rules: [
        { times: 1, fault: { type: "throttle" } },
        {
          action: "PutRecord",
          times: 1,
          fault: { type: "reset", when: "after" },
        },
        { action: "ListShards", fault: { type: "cut", afterBytes: 5 } },
      ],
    },
  });
  const send = (_: unknown, init?: RequestInit) => fetch(proxy.endpoint, init);
  const put = () => call(send, "PutRecord", { StreamName: "s", ...entry("k") });
  assertEquals((await put()).status, 400);
  await assertRejects(put, TypeError);
  assertEquals(server.records("s").length, 1);
  await ok(send, "PutRecord", { StreamName: "s", ...entry("k") });
  assertEquals(server.records("s").length, 2);
  await assertRejects(() => call(send, "ListShards", { StreamName: "s" }));
  assertEquals(await counts(proxy.endpoint), { throttle: 1, reset: 1, cut: 1 });
});

Deno.test("The fault proxy runs as a process, with an in-memory Kinesis behind it", async () => {
  const plan = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(
    plan,
    JSON.stringify({ rules: [{ times: 1, fault: { type: "throttle" } }] }),
  );
  const script = new URL("./fault_proxy.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, "--plan", plan],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    const { value = "" } = await lines.read();
    const endpoint = /listening on (\S+)/.exec(value)?.[1];
    assert(endpoint, value);
    const send = (_: unknown, init?: RequestInit) => fetch(endpoint, init);
    assertEquals((await call(send, "ListStreams")).status, 400);
    assertEquals((await ok(send, "ListStreams")).StreamNames, []);
  } finally {
    child.kill("SIGKILL");
    await lines.cancel();
    await child.status;
    await Deno.remove(plan);
  }
});
