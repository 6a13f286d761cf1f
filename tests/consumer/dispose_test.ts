import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type { Consumer } from "../../consumer.ts";
import { CheckpointError } from "../../errors.ts";
import { type Item, World } from "./_world.ts";

/** A consumer whose progress cannot be stored. */
async function setUp() {
  const world = new World();
  await world.put(3);
  const checkpointer = new MemoryCheckpointer();
  checkpointer.checkpoint = () => Promise.reject(new Error("out of disk"));
  return { world, consumer: world.consumer({ checkpointer }) };
}

/** Does what `await using` does: returns the error of the block, and throws if disposing fails. */
async function using(
  consumer: Consumer<Item>,
  block: () => Promise<void>,
): Promise<unknown> {
  const error = await block().then(() => undefined, (error) => error);
  await consumer[Symbol.asyncDispose]();
  return error;
}

Deno.test("Consumer disposed of throws that its progress could not be stored", async () => {
  const { world, consumer } = await setUp();
  const reader = consumer.getReader();
  const [record] = await world.read(reader, 1);
  record!.ack();
  await assertRejects(
    () => world.run(consumer[Symbol.asyncDispose]()),
    CheckpointError,
  );
});

Deno.test("Consumer disposed of does not hide the error of the block", async () => {
  const { world, consumer } = await setUp();
  const reason = new Error("a bad order");
  let seen = 0;
  const error = await world.run(using(consumer, async () => {
    for await (const _ of consumer) if (++seen === 2) throw reason;
  }));
  assertStrictEquals(error, reason);

  const closed = await setUp();
  const reader = closed.consumer.getReader();
  const reported = await closed.world.run(using(closed.consumer, async () => {
    (await reader.read()).value!.ack();
    await closed.consumer.close();
  }));
  assertEquals((reported as CheckpointError).code, "CheckpointFailed");
});

Deno.test("Consumer.close rejects with the error of the progress when the stream has failed with it", async () => {
  const { world } = await setUp();
  const checkpointer = new MemoryCheckpointer();
  checkpointer.checkpoint = () => Promise.reject(new Error("out of disk"));
  const consumer = world.consumer({ checkpointer, until: "caught-up" });
  await assertRejects(() => world.drain(consumer), CheckpointError);
  await assertRejects(() => world.run(consumer.close()), CheckpointError);
});
