import { assertEquals } from "@std/assert";
import { ReaderVitals } from "../../../_consumer/reading/reader_vitals.ts";
import {
  type ShardView,
  StallWatch,
} from "../../../_consumer/health/stall_watch.ts";
import type { ShardWait } from "../../../health.ts";
import { FakeClock } from "../../_services/fake_clock.ts";

const LIMIT = 100;

/** Looks at every 10 ms; `steps` say what the shard waits for, and for how long. */
function actions(
  steps: readonly [
    waitsFor: ShardWait | undefined,
    ms: number,
    change?: Partial<ShardView>,
  ][],
): [at: number, action: string][] {
  const watch = new StallWatch(LIMIT);
  const reported: [number, string][] = [];
  let now = 0;
  for (const [waitsFor, ms, change] of steps) {
    const since = now;
    for (const end = now + ms; now < end; now += 10) {
      watch.look({
        waitsFor,
        readerSteps: 0,
        readerSince: since,
        handedOut: 0,
        acknowledged: 0,
        ...change,
      }, now);
      const stall = watch.due(now);
      if (stall) reported.push([now, stall.action]);
    }
  }
  return reported;
}

Deno.test("StallWatch tells of a wait for the application at 1, 2 and 4 times the limit", () => {
  for (
    const waitsFor of [
      "application",
      "acknowledgements",
      "decode",
      "poison",
    ] as const
  ) {
    assertEquals(actions([[waitsFor, 450]]), [
      [100, "none"],
      [200, "none"],
      [400, "none"],
    ]);
  }
});

Deno.test("StallWatch starts anew when the application takes or acknowledges a value", () => {
  assertEquals(
    actions([
      ["application", 90],
      ["application", 90, { handedOut: 1 }],
      ["acknowledgements", 90, { handedOut: 1, acknowledged: 1 }],
    ]),
    [],
  );
});

Deno.test("StallWatch restarts a reader that hangs once, and then gives the lease up", () => {
  assertEquals(actions([["request", 205]]), [[100, "restart"], [
    200,
    "release",
  ]]);
  // After a step forward, the next hang is the first one again.
  assertEquals(
    actions([["request", 110], ["iterator", 110, { readerSteps: 1 }]]),
    [[100, "restart"], [210, "restart"]],
  );
  assertEquals(actions([["records", 110]]), [[100, "restart"]]);
});

Deno.test("StallWatch only tells of a reader that fails, and of a request that has just begun", () => {
  assertEquals(
    actions([["backoff", 60], ["request", 30], ["backoff", 60]]),
    [[100, "none"]],
  );
  assertEquals(
    actions([["request", 60], ["backoff", 10], ["request", 90]]),
    [[100, "none"]],
  );
  assertEquals(actions([["backoff", 250]]), [[100, "none"], [200, "none"]]);
  // Until this request has taken as long as the limit.
  assertEquals(
    actions([["request", 60], ["backoff", 10], ["request", 110]]),
    [[100, "none"], [170, "restart"]],
  );
});

Deno.test("StallWatch does not count what was waited for before a pause", () => {
  assertEquals(
    actions([["request", 90], [undefined, 10], ["request", 90]]),
    [],
  );
  assertEquals(actions([["request", 90], ["application", 90]]), []);
});

Deno.test("ReaderVitals counts answers as steps that have records, are at the latest one, or get further", async () => {
  const clock = new FakeClock();
  const vitals = new ReaderVitals(clock);
  const answer = async (records: number, lag: number | undefined) => {
    await clock.advance(2000);
    const before = vitals.steps;
    vitals.enter("request");
    vitals.answered({ records, millisBehindLatest: lag });
    vitals.enter("pause");
    return [vitals.steps - before, vitals.waitsFor];
  };
  assertEquals(await answer(0, 60_000), [1, undefined]);
  // The lag grows by the time that has passed: nothing moves.
  assertEquals(await answer(0, 62_000), [0, "records"]);
  assertEquals(await answer(0, 64_000), [0, "records"]);
  assertEquals(await answer(0, 60_000), [1, undefined]);
  assertEquals(await answer(1, 90_000), [1, undefined]);
  assertEquals(await answer(0, 92_000), [0, "records"]);
  assertEquals(await answer(0, 0), [1, undefined]);
  assertEquals(await answer(0, undefined), [1, undefined]);
});
