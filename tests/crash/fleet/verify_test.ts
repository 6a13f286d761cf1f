/**
 * The checks of the crash tests find each kind of fault.
 */
import { assert, assertEquals } from "@std/assert";
import {
  checkpointAt,
  CHILD,
  range,
  SHARD,
  Story,
  valuesOf,
} from "./_story.ts";
import type { FleetOutcome } from "./outcome.ts";
import { verifyFleet } from "./verify.ts";

/**
 * Worker `one` stores a checkpoint behind 4 values, processes 3 more and is frozen. `two` takes the
 * lease and goes on behind the checkpoint. `one` wakes up, and its checkpoint is refused.
 */
function takeover(before?: (story: Story) => void): Story {
  const story = new Story();
  const { one, two } = story;
  one.take(SHARD, 0);
  one.process(SHARD, 1, ...range(0, 3));
  one.checkpoint(SHARD, 1, 4);
  one.process(SHARD, 2 - 1, ...range(4, 6));
  const frozenAt = story.tick();
  story.tick(1500);
  two.take(SHARD, 2, 4);
  two.process(SHARD, 3, ...range(4, 9));
  one.thawed(frozenAt, story.tick());
  one.refused("checkpoint", SHARD, 2, { checkpoint: checkpointAt(7) });
  before?.(story);
  one.stop();
  two.checkpoint(SHARD, 3, 10);
  two.stop();
  two.release(SHARD, 4, 10);
  return story;
}

/** Checks that there is one kind of fault. */
function assertFault(outcome: FleetOutcome, expected: RegExp): void {
  const { faults } = verifyFleet(outcome);
  assert(faults.length > 0, `no fault was found: ${expected}`);
  for (const fault of faults) assert(expected.test(fault), fault);
}

Deno.test("verifyFleet accepts a takeover, and counts what was repeated and refused", () => {
  const { faults, figures } = verifyFleet(takeover().outcome());
  assertEquals(faults, []);
  const { lost, repeated, refused, zombies, takes } = figures;
  assertEquals(
    { lost, repeated, refused, zombies, takes },
    { lost: 0, repeated: 3, refused: 1, zombies: 1, takes: 2 },
  );
});

Deno.test("verifyFleet accepts that the answer of a checkpoint was lost, whether it was stored or not", () => {
  for (const covered of [4, 7]) {
    const story = new Story();
    const { one, two } = story;
    one.take(SHARD, 0);
    one.process(SHARD, 1, ...range(0, 3));
    one.checkpoint(SHARD, 1, 4);
    one.process(SHARD, 1, ...range(4, 6));
    one.ask("checkpoint", SHARD, 2, { checkpoint: checkpointAt(7) });
    one.kill();
    two.take(SHARD, covered === 4 ? 2 : 3, covered);
    two.process(SHARD, covered === 4 ? 3 : 4, ...range(covered, 9));
    two.stop();
    assertEquals(verifyFleet(story.outcome()).faults, []);
  }
});

Deno.test("verifyFleet finds a value that was not processed", () => {
  const stored = new Map([[SHARD, valuesOf(SHARD)], [CHILD, valuesOf(CHILD)]]);
  assertFault(
    takeover().outcome({ stored }),
    /-000000000001.* was not processed/,
  );
});

Deno.test("verifyFleet finds a value that is not in the stream", () => {
  const story = takeover(({ two }) => two.process(SHARD, 3, 10));
  assertFault(story.outcome(), /which is not in the stream/);
});

Deno.test("verifyFleet finds two values of a key in the wrong order", () => {
  const story = new Story();
  story.one.take(SHARD, 0);
  story.one.process(SHARD, 1, 0, 1, 4, 2, 3, ...range(5, 9));
  story.one.kill();
  story.two.stop();
  assertFault(story.outcome(), /where .* is the next one of its key/);
});

Deno.test("verifyFleet accepts values of two keys in any order", () => {
  const story = new Story();
  story.one.take(SHARD, 0);
  story.one.process(SHARD, 1, 1, 3, 0, 2, 5, 4, 6, 8, 7, 9);
  story.one.kill();
  story.two.stop();
  assertEquals(verifyFleet(story.outcome()).faults, []);
});

Deno.test("verifyFleet finds a value that a worker processes twice under one lease", () => {
  const story = takeover(({ two }) => two.process(SHARD, 3, 9));
  assertFault(story.outcome(), /where no value is the next one of its key/);
});

Deno.test("verifyFleet finds a value that is repeated although it lies before the checkpoint", () => {
  const story = new Story();
  const { one, two } = story;
  one.take(SHARD, 0);
  one.process(SHARD, 1, ...range(0, 4));
  one.checkpoint(SHARD, 1, 4);
  one.kill();
  two.take(SHARD, 2, 4);
  two.process(SHARD, 3, 3, ...range(4, 9));
  two.stop();
  // The value behind it is not the expected one either.
  assertFault(story.outcome(), /lies before the checkpoint|is the next one of/);
  assert(
    verifyFleet(story.outcome()).faults[0]!.includes("before the checkpoint"),
  );
});

Deno.test("verifyFleet finds a checkpoint that passes a value which was not processed, also if it is refused", () => {
  for (const write of ["write", "refused"] as const) {
    const story = new Story();
    const { one, two } = story;
    one.take(SHARD, 0);
    one.process(SHARD, 1, 0, 1, 3);
    const checkpoint = checkpointAt(4);
    if (write === "write") one.checkpoint(SHARD, 1, 4);
    else one.refused("checkpoint", SHARD, 1, { checkpoint });
    one.process(SHARD, 1, 2, ...range(4, 9));
    one.stop();
    two.stop();
    assertFault(story.outcome(), /checkpoint of .* which it has not processed/);
  }
});

Deno.test("verifyFleet finds a zombie's checkpoint that was accepted", () => {
  const story = takeover(({ one }) =>
    one.write("checkpoint", SHARD, 3, checkpointAt(7), {
      checkpoint: checkpointAt(7),
    })
  );
  assertFault(
    story.outcome(),
    /two writes were accepted with the counter 4|a checkpoint of one .* was accepted/,
  );
  const late = new Story();
  late.one.take(SHARD, 0);
  late.one.process(SHARD, 1, ...range(0, 6));
  late.two.take(SHARD, 1);
  late.two.process(SHARD, 2, ...range(0, 9));
  late.one.checkpoint(SHARD, 2, 7);
  late.one.stop();
  late.two.stop();
  assertFault(
    late.outcome(),
    /a checkpoint of one .* while the lease was that of two/,
  );
});

Deno.test("verifyFleet finds two takes of which only one may be accepted", () => {
  const story = new Story();
  for (const actor of [story.one, story.two]) {
    actor.take(SHARD, 0);
    actor.process(SHARD, 1, ...range(0, 9));
    actor.stop();
  }
  assertFault(story.outcome(), /two writes were accepted|without having taken/);
});

Deno.test("verifyFleet finds a write that no worker has made", () => {
  const story = new Story();
  story.one.take(SHARD, 0);
  story.one.process(SHARD, 1, ...range(0, 9));
  story.one.checkpoint(SHARD, 2, 10);
  story.one.stop();
  story.two.stop();
  assertFault(
    story.outcome(),
    /no worker has made the write with the counter 2/,
  );
});

Deno.test("verifyFleet finds a worker that reads without a lease", () => {
  const story = takeover(({ one }) => one.process(SHARD, 2, 7));
  assertFault(
    story.outcome(),
    /without having taken its lease 2|is the next one of/,
  );
});

Deno.test("verifyFleet finds a checkpoint that moves back", () => {
  const story = new Story();
  story.one.take(SHARD, 0);
  story.one.process(SHARD, 1, ...range(0, 9));
  story.one.checkpoint(SHARD, 1, 10);
  story.one.checkpoint(SHARD, 2, 8);
  story.one.stop();
  story.two.stop();
  assertFault(story.outcome(), /has moved back with the counter 3/);
});

Deno.test("verifyFleet finds a worker that goes on for too long after it has lost its lease", () => {
  const slow = () =>
    takeover((story) => {
      story.tick(500);
      story.one.process(SHARD, 1, 7);
    });
  assertFault(slow().outcome(), /50\d ms after it had lost the lease/);
  // The machine stood still meanwhile.
  const stalls = [[2510, 2900]] as const;
  assertEquals(verifyFleet(slow().outcome({ stalls })).faults, []);
  const soon = takeover((story) => {
    story.tick(300);
    story.one.process(SHARD, 1, 7);
  });
  const { faults, figures } = verifyFleet(soon.outcome());
  assertEquals(faults, []);
  assertEquals(figures.late, 1);
});

Deno.test("verifyFleet finds a clean stop after which a value is repeated", () => {
  const story = new Story();
  const { one, two } = story;
  one.take(SHARD, 0);
  one.process(SHARD, 1, ...range(0, 5));
  one.stop();
  one.checkpoint(SHARD, 1, 4);
  one.release(SHARD, 2, 4);
  two.take(SHARD, 3, 4);
  two.process(SHARD, 4, ...range(4, 9));
  two.stop();
  assertFault(story.outcome(), /the next worker repeats some/);
});

Deno.test("verifyFleet finds a value that is processed after the lease was given back", () => {
  const story = new Story();
  const { one, two } = story;
  one.take(SHARD, 0);
  one.process(SHARD, 1, ...range(0, 8));
  one.stop();
  one.checkpoint(SHARD, 1, 9);
  one.release(SHARD, 2, 9);
  one.process(SHARD, 1, 9);
  two.stop();
  assertFault(story.outcome(), /after it had given the lease back/);
});

Deno.test("verifyFleet finds a child that is taken before its parent is finished", () => {
  const parents = new Map([[CHILD, [SHARD]]]);
  const stored = new Map([[SHARD, valuesOf(SHARD)], [CHILD, valuesOf(CHILD)]]);
  for (const isEarly of [true, false]) {
    const story = new Story();
    const { one, two } = story;
    one.take(SHARD, 0);
    one.process(SHARD, 1, ...range(0, 9));
    const end = () => {
      const checkpoint = { type: "SHARD_END" } as const;
      one.write("checkpoint", SHARD, 1, checkpoint, { checkpoint });
    };
    if (!isEarly) end();
    two.take(CHILD, 0);
    two.process(CHILD, 1, ...range(0, 9));
    if (isEarly) end();
    one.stop();
    two.stop();
    const outcome = story.outcome({ parents, stored });
    if (isEarly) assertFault(outcome, /before its parent .* was finished/);
    else assertEquals(verifyFleet(outcome).faults, []);
  }
});

Deno.test("verifyFleet finds a shard without a worker for longer than two failover times", () => {
  const stills = [{ shardId: SHARD, owner: "one", from: 1000, to: 3100 }];
  assertFault(takeover().outcome({ stills }), /had no worker for 2100 ms/);
  // The store was down meanwhile.
  const outages = [[1100, 1300]] as const;
  const { faults, figures } = verifyFleet(
    takeover().outcome({ stills, outages }),
  );
  assertEquals(faults, []);
  assertEquals([figures.longestGapMs, figures.longestQuietGapMs], [2100, 1900]);
});

Deno.test("verifyFleet finds workers that do not share the shards evenly", () => {
  const loads = { one: 0, two: 2 };
  assertFault(takeover().outcome({ loads }), /"two":2.* shards at the end/);
});

Deno.test("verifyFleet finds a worker that fails when it is told to stop, or ends by itself", () => {
  for (const isToldTo of [true, false]) {
    const story = takeover();
    const { two } = story;
    const at = story.tick();
    const exit = { at, code: 1, signal: null };
    two.times = {
      ...two.times,
      exit,
      ...isToldTo ? {} : { stoppedAt: undefined },
    };
    assertFault(
      story.outcome(),
      isToldTo
        ? /ended with the code 1 when/
        : /ended by itself with the code 1/,
    );
  }
});

Deno.test("verifyFleet finds a worker that does not end", () => {
  const story = takeover();
  story.two.times = { ...story.two.times, exit: undefined };
  assertFault(story.outcome(), /two .* has not ended/);
});

Deno.test("verifyFleet finds a lease that has an owner after all workers were stopped", () => {
  const heldAtEnd = [SHARD];
  assertFault(takeover().outcome({ heldAtEnd }), /has an owner after all/);
});
