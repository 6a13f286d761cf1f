import { assert, assertEquals, assertRejects } from "@std/assert";
import { KinesisServer } from "../../testing/mod.ts";
import { call, entry, ok } from "../testing/_call.ts";
import { startWireProxy, type WireFault } from "./wire_proxy.ts";

/** A stream "s" behind a proxy whose next request meets a fault. */
async function setUp() {
  const server = new KinesisServer();
  server.createStream("s");
  const faults: WireFault[] = [];
  const proxy = await startWireProxy({
    target: "http://kinesis.test",
    forward: server.fetch,
    faultOf: () => faults.shift(),
  });
  const client = Deno.createHttpClient({});
  const send = (_: unknown, init?: RequestInit) =>
    fetch(proxy.endpoint, { ...init, client });
  return {
    server,
    faults,
    proxy,
    send,
    put: () => call(send, "PutRecord", { StreamName: "s", ...entry("k") }),
    get stored() {
      return server.records("s").length;
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

function causeOf(error: unknown): string {
  return String((error as Error).cause ?? error);
}

Deno.test("The wire proxy passes requests on over one connection", async () => {
  await using world = await setUp();
  for (let i = 0; i < 3; i++) {
    await ok(world.send, "PutRecord", { StreamName: "s", ...entry("k") });
  }
  assertEquals(world.stored, 3);
  assertEquals(world.proxy.counts, {});
});

Deno.test("The wire proxy resets connections before and after the effect", async () => {
  await using world = await setUp();
  world.faults.push({ type: "reset", when: "before" });
  const before = await assertRejects(world.put, TypeError);
  assert(/reset/i.test(causeOf(before)), causeOf(before));
  assertEquals(world.stored, 0);
  world.faults.push({ type: "reset", when: "after" });
  const after = await assertRejects(world.put, TypeError);
  assert(/reset/i.test(causeOf(after)), causeOf(after));
  assertEquals(world.stored, 1);
});

Deno.test("The wire proxy cuts answers in the middle, openly or not", async () => {
  await using world = await setUp();
  world.faults.push({ type: "cut", share: 0.5 });
  await assertRejects(world.put, TypeError);
  world.faults.push({ type: "shorten", share: 0.5 });
  await assertRejects(world.put, SyntaxError);
  assertEquals(world.stored, 2);
});

Deno.test("The wire proxy lets a delayed request arrive when its client has given up", async () => {
  await using world = await setUp();
  world.faults.push({ type: "stall", when: "before", ms: 500 });
  const signal = AbortSignal.timeout(10);
  await assertRejects(
    () =>
      call(
        (_, init) => world.send(_, { ...init, signal }),
        "PutRecord",
        { StreamName: "s", ...entry("k") },
      ),
    DOMException,
  );
  assertEquals(world.stored, 0);
  await world.proxy.drained();
  assertEquals(world.stored, 1);
});

Deno.test("The wire proxy is gone for a while and comes back on its port", async () => {
  await using world = await setUp();
  const { endpoint } = world.proxy;
  assertEquals((await world.put()).status, 200);
  for (let i = 0; i < 3; i++) {
    await world.proxy.vanish();
    const error = await assertRejects(world.put, TypeError);
    assert(/refused/i.test(causeOf(error)), causeOf(error));
    await world.proxy.appear();
    assertEquals(world.proxy.endpoint, endpoint);
    assertEquals((await world.put()).status, 200);
  }
});
