/** Enhanced fan-out while everything that can happen to subscriptions happens at random. */
import { assert } from "@std/assert";
import type { FaultRule } from "../../testing/mod.ts";
import { FanOutWorld } from "./_fan_out_world.ts";
import { assertComplete, type Item, STREAM } from "./_world.ts";

const action = "SubscribeToShard";
const SEEDS = [1, 2, 3];

/** A third of all subscriptions goes well. */
function rules(random: () => number): FaultRule[] {
  const up = (most: number) => Math.floor(random() * most);
  return [
    { action, probability: 0.1, fault: { type: "reset" } },
    { action, probability: 0.1, fault: { type: "reset", when: "after" } },
    { action, probability: 0.1, fault: { type: "throttle" } },
    {
      action,
      name: "broken",
      probability: 0.5,
      get fault() {
        switch (up(4)) {
          case 0:
            return { type: "cut", afterBytes: up(3000) } as const;
          case 1:
            return { type: "silence", afterEvents: up(4) } as const;
          case 2:
            return {
              type: "exception",
              afterEvents: up(4),
              code: "InternalFailureException",
            } as const;
          default:
            return {
              type: "error",
              code: "InternalFailure",
              when: up(2) ? "before" : "after",
            } as const;
        }
      },
    },
  ];
}

/** A small generator of random numbers. */
function seeded(seed: number): () => number {
  let state = seed * 2_654_435_761 >>> 0;
  return () => {
    state = Math.imul(state ^ state >>> 15, 1 | state) + 0x6d2b79f5 | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

for (const seed of SEEDS) {
  Deno.test(`Consumer with fanOut hands out each value once and in order while subscriptions fail and shards are split and merged (seed ${seed})`, async () => {
    const random = seeded(seed);
    const world = new FanOutWorld({ shards: 2, rules: rules(random) });
    const got: Item[] = [];
    const consumer = world.fanOut({
      maxFailuresInARow: 100,
      prefetch: { records: 40 },
      random,
    });
    const reading = (async () => {
      for await (const { value } of consumer) {
        got.push(value);
        if (random() < 0.02) {
          await new Promise<void>((resolve) =>
            world.clock.setTimeout(resolve, random() * 20_000)
          );
        }
      }
    })();
    for (let turn = 0; turn < 40; turn++) {
      await world.put(Math.floor(random() * 30));
      await world.pass(random() * 15_000);
      const open = await world.openShards();
      const n = Math.floor(random() * (open.length - 1));
      if (turn % 5 !== 4) continue;
      if (random() < 0.5) world.server.split(STREAM, open[n]!);
      else if (open.length > 1) {
        world.server.merge(STREAM, open[n]!, open[n + 1]!);
      }
    }
    world.fetch.enabled = false;
    await world.pass(1_800_000);
    assertComplete(got, world.written);
    assert(world.fetch.counts.broken! > 10);
    await world.run(consumer.close());
    await reading;
  });
}
