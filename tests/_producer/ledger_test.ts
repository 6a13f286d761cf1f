import { delay } from "@std/async/delay";
import { assertEquals } from "@std/assert";
import { Ledger } from "../../_producer/ledger.ts";
import { Pending } from "../../_producer/pending.ts";
import { KinesisError } from "../../errors.ts";
import type { FailedValue } from "../../records.ts";

const RECEIPT = { shardId: "s", sequenceNumber: "1", attempts: 1 };
const error = new KinesisError("no", { code: "No" });
const why = new KinesisError("the end", { code: "End" });

function setUp(deadLetter?: WritableStream<FailedValue<number>>) {
  const events: string[] = [];
  const ledger = new Ledger<number>(
    { stream: "s", hooks: undefined, deadLetter },
    { failed: () => events.push("failed"), idle: () => events.push("idle") },
  );
  /** Values with a `put` that tells its end, and without. */
  const take = (value: number, isPut: boolean) => {
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
    ledger.take(pending);
    return pending;
  };
  return { ledger, events, take };
}

Deno.test("Ledger settles a value once, whatever it hears of it later", () => {
  const { ledger, events, take } = setUp();
  const [a, b] = [take(1, true), take(2, true)];
  ledger.deliver([a], RECEIPT);
  ledger.giveUp([a, b], error, { attempts: 3 });
  ledger.giveUp([b], error);
  ledger.deliver([a, b], RECEIPT);
  assertEquals(events, ["1 stored", "2 3"]);
  assertEquals([ledger.open, ledger.delivered, ledger.failed], [0, 1, 1]);
});

Deno.test("Ledger has all values of a record marked before the first one ends the producer", () => {
  const { ledger, events, take } = setUp();
  const puts = [take(1, false), take(2, true), take(3, false)];
  ledger.giveUp(puts, error, { attempts: 2 });
  assertEquals(events, ["2 2", "failed"]);
  const failures = [...ledger.unsettled(why, new Map()).values()];
  assertEquals(
    failures.map((failure) => [failure.value, failure.attempts, failure.error]),
    [[1, 2, error], [3, 2, error]],
  );
  ledger.reportAll(ledger.unsettled(why, new Map()));
  assertEquals(ledger.failed, 3);
});

Deno.test("Ledger keeps what is given up after the end, with what is known of it", () => {
  const { ledger, events, take } = setUp();
  const put = take(1, true);
  take(2, true);
  ledger.end();
  ledger.giveUp([put], error, { attempts: 1 });
  assertEquals([ledger.open, ledger.failed, events], [2, 0, []]);
  const failures = [...ledger.unsettled(why, new Map()).values()];
  assertEquals(
    failures.map((failure) => [failure.attempts, failure.error]),
    [[1, error], [0, why]],
  );
});

Deno.test("Ledger writes a value to the dead letters once", async () => {
  const written: number[] = [];
  const { ledger, events, take } = setUp(
    new WritableStream({ write: ({ value }) => void written.push(value) }),
  );
  const value = take(1, false);
  ledger.giveUp([value], error);
  ledger.giveUp([value], error);
  assertEquals([ledger.isBurying, ledger.open], [true, 1]);
  await delay(0);
  assertEquals([ledger.isBurying, ledger.open], [false, 0]);
  assertEquals([written, events], [[1], ["idle"]]);
});
