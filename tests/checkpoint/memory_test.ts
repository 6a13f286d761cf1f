import { assertEquals, assertRejects } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/memory.ts";
import { checkpointerSuite } from "../conformance/checkpointer_suite.ts";
import {
  created,
  held,
  newLease,
} from "../conformance/checkpointer/fixtures.ts";

checkpointerSuite("MemoryCheckpointer", () => {
  const byName = new Map<string, MemoryCheckpointer>();
  return {
    open(name) {
      const checkpointer = byName.get(name) ?? new MemoryCheckpointer();
      byName.set(name, checkpointer);
      return checkpointer;
    },
  };
});

Deno.test("MemoryCheckpointer shares nothing with another instance", async () => {
  const one = new MemoryCheckpointer();
  await created(one);
  assertEquals(await new MemoryCheckpointer().list("orders"), []);
});

Deno.test("MemoryCheckpointer leaves the owner out when no worker holds the lease", async () => {
  const checkpointer = new MemoryCheckpointer();
  const released = await checkpointer.release(await held(checkpointer));
  assertEquals(Object.hasOwn(released!, "owner"), false);
});

Deno.test("MemoryCheckpointer rejects a value that is not a lease and stores nothing", async () => {
  const checkpointer = new MemoryCheckpointer();
  await assertRejects(
    () => checkpointer.create(newLease({ shardId: "" })),
    TypeError,
    "'shardId' must be a text that is not empty",
  );
  await assertRejects(
    () =>
      checkpointer.create(newLease({
        checkpoint: { type: "AT_TIMESTAMP", timestamp: new Date(NaN) },
      })),
    TypeError,
    "'checkpoint.timestamp' must be a valid time: current value is NaN",
  );
  assertEquals(await checkpointer.list("orders"), []);
});
