import {
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  type Clock,
  KvCheckpointer,
  type KvStore,
  type KvStoreAtomic,
} from "../../checkpoint/mod.ts";
import { checkpointerSuite } from "../conformance/checkpointer_suite.ts";
import {
  assertStored,
  AT_128,
  held,
  newLease,
  STREAM,
} from "../conformance/checkpointer/fixtures.ts";
import { withKv } from "./_kv_fixtures.ts";
import { HELD, readers, ROW } from "./_rows.ts";

checkpointerSuite("KvCheckpointer on a file", async () => {
  const directory = await Deno.makeTempDir();
  const connections: Deno.Kv[] = [];
  let opened = 0;
  return {
    async open(name) {
      // Several connections, as several processes have. 5 are enough.
      const index = opened++ % 5;
      const kv = connections[index] ??
        await Deno.openKv(`${directory}/leases.sqlite3`);
      connections[index] = kv;
      return new KvCheckpointer({ kv, name });
    },
    async close() {
      for (const kv of connections) kv.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
});

checkpointerSuite("KvCheckpointer in memory", async () => {
  const kv = await Deno.openKv(":memory:");
  return {
    open: (name) => new KvCheckpointer({ kv, name }),
    close: () => kv.close(),
  };
});

Deno.test("KvStore is what a Deno.Kv is", () =>
  withKv(async (kv) => {
    const store: KvStore = kv; // checked by the compiler
    assertEquals((await store.get(["absent"])).versionstamp, null);
  }));

Deno.test("KvCheckpointer refuses bad options when it is constructed", () =>
  withKv((kv) => {
    const make = (options: unknown) => () =>
      new KvCheckpointer(options as { kv: KvStore; name: string });
    for (const name of ["", "x".repeat(257), undefined, 7]) {
      assertThrows(
        make({ kv, name }),
        RangeError,
        "Cannot create KvCheckpointer as 'name' must be a text of 1 to 256 characters: current value is ",
      );
    }
    make({ kv, name: "x".repeat(256) })();
    for (const bad of [undefined, null, {}, Promise.resolve(kv)]) {
      assertThrows(
        make({ kv: bad, name: "app" }),
        TypeError,
        "'kv' must be an object with the methods get, list and atomic (did you await Deno.openKv()?)",
      );
    }
    return Promise.resolve();
  }));

Deno.test("KvCheckpointer reads and writes nothing when it is constructed", () => {
  const fail = () => {
    throw new Error("called");
  };
  new KvCheckpointer({
    kv: { get: fail, list: fail, atomic: fail },
    name: "a",
  });
});

Deno.test("KvCheckpointer rejects with the error of Deno KV when the store is closed", async () => {
  const kv = await Deno.openKv(":memory:");
  const checkpointer = new KvCheckpointer({ kv, name: "app" });
  kv.close();
  for (const call of readers(checkpointer)) {
    await assertRejects(call, Deno.errors.BadResource);
  }
  await assertRejects(
    () => checkpointer.create(newLease()),
    Deno.errors.BadResource,
  );
});

/** Wraps a store so that `commit` makes, delays or refuses its commits. */
function intercepted(
  kv: Deno.Kv,
  commit: (commit: () => Promise<{ ok: boolean }>) => Promise<{ ok: boolean }>,
): KvStore {
  return {
    get: (key) => kv.get(key),
    list: (selector, options) => kv.list(selector, options),
    atomic: () => {
      const real: KvStoreAtomic = kv.atomic();
      const atomic: KvStoreAtomic = {
        check: (check) => (real.check(check), atomic),
        set: (key, value) => (real.set(key, value), atomic),
        delete: (key) => (real.delete(key), atomic),
        commit: () => commit(() => real.commit()),
      };
      return atomic;
    },
  };
}

Deno.test("KvCheckpointer repeats no write and lists the stored lease when the answer of a write is lost", () =>
  withKv(async (kv, checkpointer) => {
    const lease = await held(checkpointer);
    const lost = new Error("connection lost");
    let commits = 0;
    const flaky = new KvCheckpointer({
      kv: intercepted(kv, async (commit) => {
        commits++;
        await commit();
        throw lost;
      }),
      name: "app",
    });
    const error = await assertRejects(() => flaky.checkpoint(lease, AT_128));
    assertStrictEquals(error, lost);
    assertEquals(commits, 1);
    await assertStored(flaky, [{ ...lease, counter: 2, checkpoint: AT_128 }]);
    assertEquals(await flaky.checkpoint(lease, AT_128), undefined);
    assertEquals(commits, 1);
  }));

Deno.test("KvCheckpointer is refused when the row moves between its read and its write", () =>
  withKv(async (kv, checkpointer) => {
    const lease = await held(checkpointer);
    const slow = new KvCheckpointer({
      kv: intercepted(kv, async (commit) => {
        await checkpointer.take(lease, "worker-2");
        return await commit();
      }),
      name: "app",
    });
    assertEquals(await slow.checkpoint(lease, AT_128), undefined);
    await assertStored(checkpointer, [
      { ...lease, owner: "worker-2", counter: 2 },
    ]);
  }));

/** A clock whose timers fire at once. `waits` has their delays. */
function instantClock(): Clock & { waits: number[] } {
  const waits: number[] = [];
  return {
    waits,
    now: () => 0,
    setTimeout: (callback, ms) => (waits.push(ms), queueMicrotask(callback)),
    clearTimeout: () => {},
  };
}

Deno.test("KvCheckpointer writes again, ever later, while another process locks the file", () =>
  withKv(async (kv, checkpointer) => {
    const lease = await held(checkpointer);
    const clock = instantClock();
    let locked = 8;
    const contended = new KvCheckpointer({
      kv: intercepted(kv, (commit) => {
        if (locked-- > 0) throw new TypeError("database is locked");
        return commit();
      }),
      name: "app",
      clock,
      random: () => 0.5,
    });
    const next = await contended.checkpoint(lease, AT_128);
    assertEquals(next?.counter, 2);
    assertEquals(clock.waits, [1.5, 3, 6, 12, 24, 37.5, 37.5, 37.5]);
  }));

Deno.test("KvCheckpointer rejects with the error of Deno KV when the file stays locked", () =>
  withKv(async (kv, checkpointer) => {
    const lease = await held(checkpointer);
    const clock = instantClock();
    const locked = new TypeError("database is locked");
    const stuck = new KvCheckpointer({
      kv: intercepted(kv, () => Promise.reject(locked)),
      name: "app",
      clock,
      random: () => 0,
    });
    assertStrictEquals(await assertRejects(() => stuck.renew(lease)), locked);
    assertEquals(clock.waits.length, 99);
    await assertStored(checkpointer, [lease]);
  }));

Deno.test("KvCheckpointer stops waiting for a locked file when the signal aborts", () =>
  withKv(async (kv, checkpointer) => {
    const lease = await held(checkpointer);
    const controller = new AbortController();
    const reason = new Error("the reason");
    const stuck = new KvCheckpointer({
      kv: intercepted(
        kv,
        () => Promise.reject(new TypeError("database is locked")),
      ),
      name: "app",
      clock: {
        now: () => 0,
        setTimeout: () => queueMicrotask(() => controller.abort(reason)),
        clearTimeout: () => {},
      },
    });
    const options = { signal: controller.signal };
    const error = await assertRejects(() => stuck.renew(lease, options));
    assertStrictEquals(error, reason);
  }));

/** A signal that counts its listeners. */
function counting(): {
  signal: AbortSignal;
  abort: (reason: unknown) => void;
  listeners: () => number;
} {
  const controller = new AbortController();
  const { signal } = controller;
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count--;
    remove(...args);
  };
  return {
    signal,
    abort: (reason) => controller.abort(reason),
    listeners: () => count,
  };
}

Deno.test("KvCheckpointer leaves no listener on a signal when a call has ended", () =>
  withKv(async (kv, checkpointer) => {
    const lease = await held(checkpointer);
    const { signal, listeners } = counting();
    const options = { signal };
    const next = await checkpointer.renew(lease, options);
    await checkpointer.renew(lease, options); // refused
    await checkpointer.create(newLease(), options);
    await checkpointer.list(STREAM, options);
    await checkpointer.delete(next!, options);
    const fault = new Error("at once");
    const broken = intercepted(kv, () => {
      throw fault;
    });
    const failing = new KvCheckpointer({ kv: broken, name: "app" });
    const error = await assertRejects(() =>
      failing.create(newLease(), options)
    );
    assertStrictEquals(error, fault);
    assertEquals(listeners(), 0);
  }));

Deno.test("KvCheckpointer stops waiting for a store that never answers when the signal aborts", async () => {
  const never = new Promise<never>(() => {});
  const atomic: KvStoreAtomic = {
    check: () => atomic,
    set: () => atomic,
    delete: () => atomic,
    commit: () => never,
  };
  const list = () => ({
    [Symbol.asyncIterator]: () => ({ next: () => never }),
  });
  const entry = Promise.resolve({ value: ROW, versionstamp: "1" });
  for (const get of [() => never, () => entry]) {
    const kv: KvStore = { get, list, atomic: () => atomic };
    const checkpointer = new KvCheckpointer({ kv, name: "app" });
    for (
      const call of [
        (options: { signal: AbortSignal }) =>
          checkpointer.list(STREAM, options),
        (options: { signal: AbortSignal }) =>
          checkpointer.create(newLease(), options),
        (options: { signal: AbortSignal }) => checkpointer.renew(HELD, options),
        (options: { signal: AbortSignal }) =>
          checkpointer.delete(HELD, options),
      ]
    ) {
      const controller = new AbortController();
      const reason = new Error("the reason");
      const pending = call({ signal: controller.signal });
      await entry; // some steps along
      await entry;
      await entry;
      controller.abort(reason);
      assertStrictEquals(await assertRejects(() => pending), reason);
    }
  }
});

Deno.test("KvCheckpointer writes nothing when the signal aborts while it reads", () =>
  withKv(async (kv, checkpointer) => {
    const lease = await held(checkpointer);
    const controller = new AbortController();
    const reason = new Error("the reason");
    let commits = 0;
    const store = intercepted(kv, (commit) => (commits++, commit()));
    const aborting = new KvCheckpointer({
      kv: {
        ...store,
        async get(key) {
          const entry = await store.get(key);
          queueMicrotask(() => controller.abort(reason));
          return entry;
        },
      },
      name: "app",
    });
    const options = { signal: controller.signal };
    const error = await assertRejects(() => aborting.renew(lease, options));
    assertStrictEquals(error, reason);
    assertEquals(commits, 0);
    await assertStored(checkpointer, [lease]);
  }));
