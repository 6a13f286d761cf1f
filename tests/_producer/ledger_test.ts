import { delay } from "@std/async/delay";
import { assertEquals } from "@std/assert";
import { Ledger } from "../../_producer/ledger.ts";
import { Pending } from "../../_producer/pending.ts";
import { KinesisError } from "../../errors.ts";
import type { FailedValue } from "../../records.ts";
import { FakeClock } from "../_services/fake_clock.ts";

const RECEIPT = { shardId: "s", sequenceNumber: "1", attempts: 1 };
const error = new KinesisError("no", { code: "No" });
const why = new KinesisError("the end", { code: "End" });

function setUp(deadLetter?: WritableStream<FailedValue<number>>) {
  const events: string[] = [];
  const ledger = new Ledger<number>(
    { stream: "s", hooks: undefined, deadLetter, clock: new FakeClock() },
    { fail: () => events.push("failed"), wake: () => events.push("woken") },
  );
  /** Values with a `put` that tells its end, and without. */
  const add = (value: number, isPut: boolean) => {
    const pending = new Pending(
      value,
      "k",
      undefined,
      0,
      isPut
        ? {
          resolve: () => events.push(`${value} stored`),
          reject: (_, failed) =>
            events.push(`${value} ${failed ? failed.attempts : "lost"}`),
        }
        : undefined,
    );
    ledger.add(pending);
    return pending;
  };
  return { ledger, events, add };
}

Deno.test("Ledger settles a value once, if it is reported again", () => {
  const { ledger, events, add } = setUp();
  const [a, b] = [add(1, true), add(2, true)];
  ledger.deliver([a], RECEIPT);
  ledger.giveUp([a, b], error, { attempts: 3 });
  ledger.giveUp([b], error);
  ledger.deliver([a, b], RECEIPT);
  assertEquals(events, ["1 stored", "2 3"]);
  assertEquals([ledger.bufferedValues, ledger.delivered, ledger.failed], [
    0,
    1,
    1,
  ]);
});

Deno.test("Ledger marks all values of a record before the first one ends the producer", () => {
  const { ledger, events, add } = setUp();
  const puts = [add(1, false), add(2, true), add(3, false)];
  ledger.giveUp(puts, error, { attempts: 2 });
  assertEquals(events, ["2 2", "failed"]);
  const failures = [...ledger.failures(why, new Map()).values()];
  assertEquals(
    failures.map((failure) => [failure.value, failure.attempts, failure.error]),
    [[1, 2, error], [3, 2, error]],
  );
  ledger.reportAll(ledger.failures(why, new Map()));
  assertEquals(ledger.failed, 3);
});

Deno.test("Ledger keeps a value that is given up after the end, with its attempts and error", () => {
  const { ledger, events, add } = setUp();
  const put = add(1, true);
  add(2, true);
  ledger.end();
  ledger.giveUp([put], error, { attempts: 1 });
  assertEquals([ledger.bufferedValues, ledger.failed, events], [2, 0, []]);
  const failures = [...ledger.failures(why, new Map()).values()];
  assertEquals(
    failures.map((failure) => [failure.attempts, failure.error]),
    [[1, error], [0, why]],
  );
});

Deno.test("Ledger writes a value to the dead letters once", async () => {
  const written: number[] = [];
  const { ledger, events, add } = setUp(
    new WritableStream({ write: ({ value }) => void written.push(value) }),
  );
  const value = add(1, false);
  ledger.giveUp([value], error);
  ledger.giveUp([value], error);
  assertEquals([ledger.isWritingLetters, ledger.bufferedValues], [true, 1]);
  await delay(0);
  assertEquals([ledger.isWritingLetters, ledger.bufferedValues], [false, 0]);
  assertEquals([written, events], [[1], ["woken"]]);
});
