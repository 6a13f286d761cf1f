import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { MemoryCheckpointer } from "../../checkpoint/mod.ts";
import type {
  PoisonPolicy,
  ProcessBatchesOptions,
  ProcessOptions,
} from "../../consumer.ts";
import {
  CheckpointError,
  ClosedError,
  DecodeError,
  KinesisError,
} from "../../errors.ts";
import { assertComplete, type Item, STREAM, values, World } from "./_world.ts";

const never = () => new Promise<void>(() => {});

/** What the next run gets: the numbers. */
async function rest(world: World, checkpointer: MemoryCheckpointer) {
  const records = await world.drain(
    world.consumer({ until: "caught-up", checkpointer }),
  );
  return values(records).map(({ i }) => i);
}

Deno.test("Consumer.close lets the running handlers of process() end, starts no other, and stores what they did", async () => {
  const world = new World();
  await world.put(20, { keys: ["k"] });
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ checkpointer });
  const ended: number[] = [];
  const done = consumer.process(async ({ value: { i } }, { signal }) => {
    await delay(10_000, { clock: world.clock });
    assert(!signal.aborted);
    ended.push(i);
  });
  await world.pass(25_000);
  assertEquals(ended, [0, 1]);
  const closed = consumer.close();
  await world.pass(1000);
  assertEquals(world.events.includes(`released ${world.shardIds[0]}`), false);
  await world.run(closed);
  assertEquals(ended, [0, 1, 2]);
  assertEquals((await done).processed, 3);
  const [lease] = await checkpointer.list(STREAM);
  assertEquals(lease!.owner, undefined);
  assertEquals(world.clock.pendingTimers, 0);
  assertEquals((await rest(world, checkpointer))[0], 3);
});

Deno.test("Consumer.close takes no further value while it waits for handlers", async () => {
  const world = new World({ shards: 2 });
  const [a, b] = world.shardIds as [string, string];
  await world.put(1, { shardId: a });
  const consumer = world.consumer({ checkpointer: new MemoryCheckpointer() });
  const done = consumer.process(() => delay(20_000, { clock: world.clock }));
  await world.pass(5000);
  const closed = consumer.close();
  await world.put(500, { shardId: b });
  await world.pass(5000);
  // At most the value that was waited for when the consumer was closed.
  assert(consumer.status().delivered <= 2);
  await world.run(closed);
  assertEquals((await done).processed, 1);
});

Deno.test("Consumer.close may be called by a handler, which is the last one then", async () => {
  for (const isAsync of [false, true]) {
    const world = new World();
    await world.put(10, { keys: ["k"] });
    const checkpointer = new MemoryCheckpointer();
    const consumer = world.consumer({ checkpointer });
    let closed: Promise<void> | undefined;
    const done = consumer.process(({ value: { i } }) => {
      if (i === 4) closed = consumer.close();
      return isAsync ? delay(10, { clock: world.clock }) : undefined;
    });
    assertEquals((await world.run(done)).processed, 5);
    await closed;
    assertEquals(await rest(world, checkpointer), [5, 6, 7, 8, 9]);
  }
});

Deno.test("Consumer.process takes a value as processed that its handler has acknowledged", async () => {
  const world = new World();
  await world.put(3, { keys: ["k"] });
  const checkpointer = new MemoryCheckpointer();
  await assertRejects(() =>
    world.run(
      world.consumer({ checkpointer }).process((record) => {
        if (record.value.i === 1) record.ack();
        if (record.value.i > 0) throw new Error("bad");
      }, { retry: { maxAttempts: 1 } }),
    )
  );
  assertEquals(await rest(world, checkpointer), [2]);
});

Deno.test("Consumer.close does not wait for the next attempt of a value", async () => {
  const world = new World();
  await world.put(2, { keys: ["k"] });
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ checkpointer });
  let calls = 0;
  const done = consumer.process(() => {
    calls++;
    throw new Error("not now");
  }, { retry: { baseDelayMs: 600_000, maxDelayMs: 600_000 } });
  await world.pass(3000);
  const { processing } = consumer.status();
  assertEquals([processing!.waiting, processing!.queued], [1, 1]);
  await world.run(consumer.close(), 1000);
  assertEquals((await done).processed, 0);
  assertEquals(calls, 1);
  assertEquals(await rest(world, checkpointer), [0, 1]);
});

Deno.test("Consumer.close waits for a handler that hangs as long as its time limit and the grace time", async () => {
  const world = new World();
  await world.put(1);
  const consumer = world.consumer();
  const done = consumer.process(never, { timeoutMs: 20_000, graceMs: 5000 });
  await world.pass(3000);
  const start = world.clock.now();
  await world.run(consumer.close());
  const waited = world.clock.now() - start;
  assert(waited > 20_000 && waited < 26_000, `${waited}`);
  assertEquals((await done).processed, 0);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer.process aborts its handlers when 'signal' aborts, waits for them, and stores what they did", async () => {
  const world = new World();
  await world.put(12, { keys: ["a", "b", "c"] });
  const checkpointer = new MemoryCheckpointer();
  const consumer = world.consumer({ checkpointer });
  const controller = new AbortController();
  const reason = new Error("stop");
  const reasons: unknown[] = [];
  const done = consumer.process(async ({ value: { key } }, context) => {
    // Does not ask for the signal, but ends in time.
    if (key === "a") return await delay(10_000, { clock: world.clock });
    const { signal } = context;
    signal.addEventListener("abort", () => reasons.push(signal.reason));
    // Returns because of the signal, without having processed the value.
    if (key === "b") {
      return await delay(3_600_000, { clock: world.clock, signal })
        .catch(() => {});
    }
    await delay(3_600_000, { clock: world.clock, signal });
  }, { signal: controller.signal, graceMs: 20_000 });
  done.catch(() => {});
  await world.pass(5000);
  const start = world.clock.now();
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => world.run(done)), reason);
  assert(world.clock.now() - start < 10_000);
  assertEquals(reasons, [reason, reason]);
  assertEquals(world.clock.pendingTimers, 0);
  const left = await rest(world, checkpointer);
  assertEquals(left.length, 11);
  assertEquals((await checkpointer.list(STREAM))[0]!.owner, undefined);
});

/** The ways to give up a value on which a shutdown must not call. */
const GIVING_UP: [string, (given: unknown[]) => ProcessOptions<Item>][] = [
  ["skip", () => ({ onPoison: "skip" })],
  ["a function", (given) => ({ onPoison: (error) => void given.push(error) })],
  ["a dead letter", (given) => ({
    deadLetter: new WritableStream({ write: (it) => void given.push(it) }),
  })],
];

for (const [name, policy] of GIVING_UP) {
  Deno.test(`Consumer.process does not give up values whose handlers were aborted by 'signal', with ${name}`, async () => {
    const retries: ProcessOptions<Item>["retry"][] = [
      { maxAttempts: 1 },
      { when: (error) => error instanceof RangeError },
    ];
    for (const retry of retries) {
      const world = new World();
      await world.put(4, { keys: ["a", "b"] });
      const checkpointer = new MemoryCheckpointer();
      const controller = new AbortController();
      const { signal } = controller;
      const given: unknown[] = [];
      const consumer = world.consumer({ checkpointer });
      const done = consumer.process(
        (_, { signal }) => delay(5000, { clock: world.clock, signal }),
        { ...policy(given), retry, signal },
      );
      done.catch(() => {});
      await world.pass(1000);
      controller.abort(new Error("stop"));
      await assertRejects(() => world.run(done), Error, "stop");
      assertEquals(given, []);
      assertEquals(consumer.status().processing!.skipped, 0);
      assertEquals(await rest(world, checkpointer), [0, 0, 1, 1]);
    }
  });
}

Deno.test("Consumer.processBatches keeps what an aborted handler has processed, and gives up nothing", async () => {
  const world = new World();
  await world.put(4, { keys: ["k"] });
  const checkpointer = new MemoryCheckpointer();
  const controller = new AbortController();
  const consumer = world.consumer({ checkpointer });
  const done = consumer.processBatches(async (records, { signal }) => {
    await delay(5000, { clock: world.clock, signal }).catch(() => {});
    return records.slice(2);
  }, {
    signal: controller.signal,
    retry: { maxAttempts: 1 },
    onPoison: "skip",
  });
  done.catch(() => {});
  await world.pass(3000);
  controller.abort(new Error("stop"));
  await assertRejects(() => world.run(done), Error, "stop");
  assertEquals(await rest(world, checkpointer), [2, 3]);
});

Deno.test("Consumer.process aborts also the handler that aborts 'signal'", async () => {
  const world = new World();
  await world.put(1);
  const consumer = world.consumer();
  const controller = new AbortController();
  const reason = new Error("stop");
  let seen: unknown;
  const done = consumer.process((_, { signal }) => {
    controller.abort(reason);
    return delay(600_000, { clock: world.clock, signal }).catch((error) => {
      seen = error;
    });
  }, { signal: controller.signal });
  done.catch(() => {});
  const start = world.clock.now();
  assertStrictEquals(await assertRejects(() => world.run(done)), reason);
  assertStrictEquals(seen, reason);
  assert(world.clock.now() - start < 10_000);
});

Deno.test("Consumer.process waits for aborted handlers no longer than 'graceMs'", async () => {
  const world = new World();
  await world.put(3, { keys: ["a", "b", "c"] });
  const consumer = world.consumer({ checkpointer: new MemoryCheckpointer() });
  const controller = new AbortController();
  const done = consumer.process(never, {
    signal: controller.signal,
    graceMs: 7000,
  });
  done.catch(() => {});
  await world.pass(5000);
  const start = world.clock.now();
  controller.abort();
  await assertRejects(() => world.run(done), DOMException);
  const waited = world.clock.now() - start;
  assert(waited >= 7000 && waited < 7100, `${waited}`);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer.process does not wait for ever for a dead letter or 'onPoison' when it is stopped", async () => {
  for (const way of ["close", "signal"]) {
    for (
      const policy of [
        { onPoison: never },
        { deadLetter: new WritableStream({ write: never }) },
      ]
    ) {
      const world = new World();
      await world.put(2, { keys: ["k"] });
      const checkpointer = new MemoryCheckpointer();
      const consumer = world.consumer({ checkpointer });
      const controller = new AbortController();
      const done = consumer.process(() => {
        throw new Error("bad");
      }, {
        ...policy,
        retry: { maxAttempts: 1 },
        timeoutMs: 20_000,
        graceMs: 5000,
        signal: controller.signal,
      });
      done.catch(() => {});
      await world.pass(3000);
      const start = world.clock.now();
      if (way === "close") await world.run(consumer.close());
      else controller.abort();
      await world.run(Promise.allSettled([done]));
      const waited = world.clock.now() - start;
      assertEquals(waited, way === "close" ? 25_000 : 5000);
      assertEquals(world.clock.pendingTimers, 0);
      assertEquals(await rest(world, checkpointer), [0, 1]);
    }
  }
});

Deno.test("Consumer.process does nothing if 'signal' has aborted before, and the consumer can still be used", async () => {
  const world = new World();
  await world.put(3);
  const consumer = world.consumer({ until: "caught-up" });
  const reason = new Error("stop");
  const signal = AbortSignal.abort(reason);
  const error = await assertRejects(() => consumer.process(never, { signal }));
  assertStrictEquals(error, reason);
  assertEquals((await world.drain(consumer)).length, 3);
});

Deno.test("Consumer.process fails with the error of the stream, and aborts the handlers", async () => {
  const world = new World();
  await world.put(1);
  const consumer = world.consumer();
  let reason: unknown;
  const done = consumer.process(
    (_, { signal }) =>
      delay(600_000, { clock: world.clock, signal }).catch((error) => {
        reason = error;
      }),
    { timeoutMs: Infinity },
  );
  done.catch(() => {});
  await world.pass(3000);
  world.server.close(); // the stream is gone
  const error = await assertRejects(() => world.run(done), KinesisError);
  assertStrictEquals(reason, error);
  const reader = consumer.getReader();
  assertStrictEquals(await assertRejects(() => reader.read()), error);
  assertEquals(world.clock.pendingTimers, 0);
});

/** The ways in which the consumer fails at a value that cannot be decoded. */
const UNDECODABLE: [string, PoisonPolicy][] = [
  ['with "fail"', "fail"],
  ["with a function that throws", (error) => {
    throw error;
  }],
  ["with a function that rejects", (error) => Promise.reject(error)],
];

for (const [how, onPoison] of UNDECODABLE) {
  Deno.test(`Consumer.process processes what it has taken before it fails at a value that cannot be decoded, ${how}`, async () => {
    const world = new World({ shards: 2 });
    const [a, b] = world.shardIds as [string, string];
    await world.put(100, { shardId: a, keys: ["a"] });
    await world.putRaw("{", a);
    await world.put(10, { shardId: b, keys: ["b"] });
    await world.put(10, { shardId: a, keys: ["later"] });
    const checkpointer = new MemoryCheckpointer();
    const options = { checkpointer, workerId: "w" };
    const consumer = world.consumer({ ...options, onPoison });
    const items: Item[] = [];
    const done = consumer.process(async ({ value }, { signal, attempt }) => {
      await delay(50, { clock: world.clock, signal });
      if (value.i === 50 && attempt === 1) throw new Error("busy");
      items.push(value);
    });
    const error = await assertRejects(() => world.run(done), DecodeError);
    assertComplete(items, new Map([["a", 100]]));
    const reader = consumer.getReader();
    assertStrictEquals(await assertRejects(() => reader.read()), error);
    assertEquals(world.clock.pendingTimers, 0);
    const next = world.consumer({
      ...options,
      until: "caught-up",
      onPoison: "skip",
    });
    const left = values(await world.drain(next));
    assertComplete(left, new Map([["a", 0]]));
    // Each worker may take the shards in another order.
    assertComplete([...items, ...left], world.written);
  });
}

Deno.test("Consumer.process fails with the reason of the signal of the consumer", async () => {
  const world = new World();
  await world.put(1);
  const controller = new AbortController();
  const consumer = world.consumer({ signal: controller.signal });
  const done = consumer.process((_, { signal }) =>
    delay(600_000, { clock: world.clock, signal })
  );
  done.catch(() => {});
  await world.pass(3000);
  const reason = new Error("stop");
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => world.run(done)), reason);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("Consumer.process rejects with a CheckpointError if the progress cannot be stored", async () => {
  const world = new World();
  await world.put(1);
  const checkpointer = new MemoryCheckpointer();
  checkpointer.checkpoint = () => Promise.reject(new Error("disk full"));
  const consumer = world.consumer({ checkpointer, until: "caught-up" });
  await assertRejects(
    () => world.run(consumer.process(() => {})),
    CheckpointError,
  );
});

Deno.test("Consumer.process ends at 'limit' and after 'idleTimeoutMs', with everything processed", async () => {
  const world = new World();
  await world.put(10, { keys: ["a", "b"] });
  const checkpointer = new MemoryCheckpointer();
  const handler = () => delay(3000, { clock: world.clock });
  const first = world.consumer({ checkpointer, limit: 4 });
  assertEquals((await world.run(first.process(handler))).processed, 4);
  const second = world.consumer({ checkpointer, idleTimeoutMs: 2000 });
  assertEquals((await world.run(second.process(handler))).processed, 6);
  assertEquals(await rest(world, checkpointer), []);
});

Deno.test("Consumer.process locks the stream, and ends it", async () => {
  const world = new World();
  await world.put(1);
  const consumer = world.consumer();
  const done = consumer.process(() => {});
  assert(consumer.locked);
  for (
    const call of [
      () => consumer.process(() => {}),
      () => consumer.processBatches(() => {}),
    ]
  ) await assertRejects(call, TypeError, "as the stream is locked");
  await assertRejects(async () => {
    for await (const _ of consumer);
  }, TypeError);
  await world.pass(2000);
  await world.run(consumer.close());
  await done;
  assertEquals(consumer.locked, false);
  assertEquals((await consumer.getReader().read()).done, true);
});

Deno.test("Consumer.process rejects after the consumer was closed, cancelled or has ended", async () => {
  const ends:
    ((consumer: ReturnType<World["consumer"]>) => Promise<unknown>)[] = [
      (consumer) => consumer.close(),
      (consumer) => consumer.cancel(),
      (consumer) => consumer.process(() => {}),
    ];
  for (const end of ends) {
    const world = new World();
    const consumer = world.consumer({ until: "caught-up" });
    await world.run(end(consumer));
    await assertRejects(
      () => consumer.process(() => {}),
      ClosedError,
      "Cannot process as the consumer has ended",
    );
  }
});

Deno.test("Consumer.process checks its options before it locks the stream", async () => {
  const world = new World();
  const consumer = world.consumer<Item>();
  const locked = new WritableStream();
  locked.getWriter();
  const cases: [ProcessBatchesOptions<Item>, string][] = [
    [null as never, "'options' must be an object"],
    [{ concurrency: 0 }, "'concurrency' must be an integer 1 or more"],
    [{ concurrency: 1.5 }, "'concurrency'"],
    [{ ordering: "user" as never }, `'ordering' must be "shard", "key" or`],
    [{ timeoutMs: 0 }, "'timeoutMs' must be from 1"],
    [{ graceMs: -1 }, "'graceMs' must be from 0"],
    [{ graceMs: Infinity }, "'graceMs'"],
    [{ lookahead: 0 }, "'lookahead' must be an integer"],
    [{ retry: { maxAttempts: 0 } }, "'retry.maxAttempts' must be an integer"],
    [{ retry: { attempts: 3 } as never }, "'retry' must have no other fields"],
    [{ retry: { baseDelayMs: 0 } }, "'retry.baseDelayMs'"],
    [{ retry: { when: true as never } }, "'retry.when' must be a function"],
    [
      { onPoison: "drop" as never },
      `'onPoison' must be "fail", "skip", "dead-letter" or a function`,
    ],
    [{ onPoison: "dead-letter" }, "'deadLetter' must be a WritableStream"],
    [{ onPoison: "skip", deadLetter: new WritableStream() }, "'onPoison'"],
    [{ deadLetter: {} as never }, "'deadLetter' must be an object"],
    [
      { deadLetter: locked },
      "'deadLetter' must be a stream that is not locked",
    ],
    [{ signal: {} as never }, "'signal' must be an object"],
  ];
  const ofBatches: typeof cases = [
    [{ maxValues: 0 }, "'maxValues' must be an integer 1 or more"],
    [{ maxWaitMs: 0 }, "'maxWaitMs' must be from 1"],
    [{ maxValues: 10, lookahead: 19 }, "'lookahead' must be an integer 20"],
  ];
  for (const [options, message] of cases) {
    await assertRejects(
      () => consumer.process(never, options),
      Error,
      `Cannot process as ${message}`,
    );
  }
  for (const [options, message] of [...cases, ...ofBatches]) {
    await assertRejects(
      () => consumer.processBatches(() => {}, options),
      Error,
      `Cannot process batches as ${message}`,
    );
  }
  for (const handler of [undefined, null, {}, "x"]) {
    await assertRejects(
      () => consumer.process(handler as never),
      TypeError,
      "Cannot process as 'handler' must be a function",
    );
  }
  assertEquals(consumer.locked, false);
  await world.run(consumer.close());
});
