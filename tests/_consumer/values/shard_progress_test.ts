import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  ShardProgress,
  type Ticket,
} from "../../../_consumer/values/shard_progress.ts";

const ticket = (n: number): Ticket => ({
  sequenceNumber: String(n),
  subSequenceNumber: undefined,
  arrival: undefined,
  done: false,
});

Deno.test("ShardProgress never passes a ticket that is not acknowledged, for any order of acknowledgements", () => {
  const how = fc.constantFrom("handOut", "pass", "acknowledge");
  const steps = fc.array(fc.record({ how, pick: fc.nat() }), {
    maxLength: 200,
  });
  fc.assert(fc.property(steps, (steps) => {
    let open = 0;
    const progress = new ShardProgress((difference) => open += difference);
    const tickets: Ticket[] = [];
    for (const { how, pick } of steps) {
      if (how !== "acknowledge" || tickets.length === 0) {
        tickets.push(ticket(tickets.length));
        progress[how === "pass" ? "pass" : "handOut"](tickets.at(-1)!);
      } else progress.acknowledge(tickets[pick % tickets.length]!);
      const first = tickets.findIndex(({ done }) => !done);
      const passed = first < 0 ? tickets.length : first;
      assertEquals(
        progress.acknowledged,
        passed === 0 ? undefined : String(passed - 1),
      );
      assertEquals(progress.unacknowledged, tickets.length - passed);
      assertEquals(open, tickets.length - passed);
    }
  }));
});

Deno.test("ShardProgress offers a checkpoint until that one is stored", () => {
  const progress = new ShardProgress(() => {});
  const tickets = [0, 1, 2].map(ticket);
  for (const each of tickets) progress.handOut(each);
  assertEquals(progress.unstored, undefined);
  progress.acknowledge(tickets[0]!);
  const first = progress.unstored!;
  assertEquals(first.checkpoint, { type: "SEQUENCE", sequenceNumber: "0" });
  // This value is acknowledged while the write is under way.
  progress.acknowledge(tickets[1]!);
  progress.stored(first.mark);
  const second = progress.unstored!;
  assertEquals(second.checkpoint, { type: "SEQUENCE", sequenceNumber: "1" });
  progress.stored(second.mark);
  assertEquals(progress.unstored, undefined);
});

Deno.test("ShardProgress reports every acknowledgement once, also when the watermark does not move", () => {
  let reported = 0;
  const progress = new ShardProgress(() => {}, () => reported++);
  const tickets = [0, 1].map(ticket);
  for (const each of tickets) progress.handOut(each);
  progress.acknowledge(tickets[1]!);
  progress.acknowledge(tickets[1]!);
  assertEquals(reported, 1);
  assertEquals(progress.acknowledged, undefined);
});
