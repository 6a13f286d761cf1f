import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "../../_core/clock.ts";
import { KinesisError } from "../../errors.ts";
import { simulate, type SimulateOptions } from "../../testing/mod.ts";

const SEEDS = Array.from({ length: 20 }, (_, n) => n + 1);

/** How many of the seeds find that a run is wrong. */
async function found(run: (seed: number) => Promise<unknown>): Promise<number> {
  let count = 0;
  for (const seed of SEEDS) {
    try {
      await run(seed);
    } catch (error) {
      assert(error instanceof KinesisError, String(error));
      assertEquals(error.code, "SimulationFailed");
      assert(error.message.includes(`seed ${seed} fails`), error.message);
      count++;
    }
  }
  return count;
}

Deno.test("simulate calls a handler for every value, also after crashes, and repeats values", async () => {
  const sums = { crashes: 0, freezes: 0, reshards: 0, repeated: 0 };
  for (const seed of SEEDS) {
    const seen = new Set<number>();
    const report = await simulate<number>(async ({ value }, { io }) => {
      await io(() => seen.add(value));
    }, { seed });
    assertEquals(seen.size, 100);
    assertEquals(report.seed, seed);
    assert(report.calls >= 100 + report.repeated);
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) {
      sums[name] += report[name];
    }
  }
  for (const [name, sum] of Object.entries(sums)) {
    assert(sum >= SEEDS.length / 2, `${name}: ${sum}`);
  }
});

Deno.test("simulate finds handlers that are not safe, and passes those that are", async () => {
  const counting = (isSafe: boolean) => (seed: number) => {
    const ids = new Set<string>();
    let count = 0;
    return simulate(async ({ id }, { io }) => {
      await io(() => {
        if (isSafe && ids.has(id)) return;
        ids.add(id);
        count++;
      });
    }, { seed, check: () => assertEquals(count, 100) });
  };
  assertEquals(await found(counting(true)), 0);
  assert(await found(counting(false)) >= 15);

  // Two writes, of which a crash can leave out the second.
  const twoWrites = (isAtomic: boolean) => (seed: number) => {
    const orders = new Set<number>();
    const letters = new Set<number>();
    return simulate<number>(async ({ value }, { io }) => {
      const isKnown = await io(() => orders.has(value));
      if (isKnown) return;
      if (!isAtomic) await io(() => orders.add(value));
      await io(() => {
        orders.add(value);
        letters.add(value);
      });
    }, { seed, check: () => assertEquals(letters.size, 100) });
  };
  assertEquals(await found(twoWrites(true)), 0);
  assert(await found(twoWrites(false)) >= 10);
});

Deno.test("simulate is the same for the same seed", async () => {
  const run = async (seed: number) => {
    const events: string[] = [];
    const report = await simulate<number>(
      async ({ id, value }, { io, clock, attempt }) => {
        events.push(`${clock.now()} ${id} ${attempt}`);
        await delay(value, { clock });
        await io(() => events.push(`${clock.now()} io ${value}`));
      },
      { seed },
    );
    return { report, events };
  };
  for (const seed of [1, 2, 3]) assertEquals(await run(seed), await run(seed));
  assert((await run(1)).events.join() !== (await run(2)).events.join());
});

Deno.test("simulate keeps the order of keys for the first calls of the values", async () => {
  for (const seed of SEEDS) {
    const last = new Map<string, number>();
    const seen = new Set<string>();
    await simulate<{ key: string; n: number }>(({ value, id }) => {
      if (seen.has(id)) return;
      seen.add(id);
      const before = last.get(value.key) ?? -1;
      assertEquals(value.n, before + 1);
      last.set(value.key, value.n);
    }, {
      seed,
      partitionKey: ({ key }) => key,
      values: Array.from({ length: 60 }, (_, i) => ({
        key: `k${i % 3}`,
        n: Math.floor(i / 3),
      })),
    });
  }
});

Deno.test("simulate tells which value is never processed, and why", async () => {
  const error = await assertRejects(() =>
    simulate<number>(({ value }) => {
      if (value === 7) throw new Error("I do not like 7");
    }, { seed: 3, process: { retry: { maxAttempts: 2 } } }), KinesisError);
  assertEquals(error.code, "SimulationFailed");
  assert(error.message.includes("value 7 is not processed"), error.message);
  assert(error.message.includes("I do not like 7"), error.message);
});

Deno.test("simulate refuses wrong options", async () => {
  const refused: [unknown, string][] = [
    [{ seed: 1.5 }, "'seed' must be an integer"],
    [{ workers: 0 }, "'workers' must be an integer from 1 to 8"],
    [{ check: 1 }, "'check' must be a function"],
    [{ sede: 1 }, "it has 'sede'"],
  ];
  for (const [options, message] of refused) {
    const run = () => simulate(() => {}, options as SimulateOptions<number>);
    await assertRejects(run, Error, message);
  }
});

Deno.test("simulate tells the seed when a handler does not await its io", async () => {
  let failed = 0;
  for (let seed = 1; seed <= 5; seed++) {
    const written = new Set<number>();
    await simulate<number>(({ value }, { io }) => {
      io(() => written.add(value));
    }, { seed, check: () => assertEquals(written.size, 100) }).catch(
      (error) => {
        assert(String(error).includes(`seed ${seed}`), String(error));
        failed++;
      },
    );
  }
  assert(failed > 0);
});

Deno.test("simulate says what is wrong with its arguments", async () => {
  const wrong: [unknown, unknown, RegExp][] = [
    [undefined, {}, /'handler' must be a function/],
    [() => {}, { values: 5 }, /'values' must be an array/],
    [() => {}, { seed: 2 ** 32 }, /'seed' must be an integer from 0 to/],
    [() => {}, { process: { onPoison: "skip" } }, /it has 'onPoison'/],
  ];
  for (const [handler, options, message] of wrong) {
    const error = await simulate(handler as never, options as never)
      .then(() => undefined, (error) => error);
    assert(message.test(String(error?.message)), String(error));
  }
});
