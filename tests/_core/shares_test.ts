import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Shares } from "../../_core/shares.ts";

Deno.test("Shares lets a single member use everything", () => {
  const shares = new Shares(50);
  const share = shares.join();
  assertEquals([share.part, share.room], [50, 50]);
  share.adjust(50);
  assertEquals([shares.used, share.room], [50, 0]);
});

Deno.test("Shares leaves every member its part when others are stuck at their bound", () => {
  const shares = new Shares(60);
  const [first, second, third] = [shares.join(), shares.join(), shares.join()];
  assertEquals(third.part, 10);
  first.adjust(first.room);
  assertEquals(first.used, 30);
  second.adjust(second.room);
  assertEquals(second.used, 16);
  assert(third.room >= 10, `${third.room}`);
});

Deno.test("Shares keeps the parts of members free that are expected", () => {
  const shares = new Shares(60);
  shares.expect(3);
  const members = Array.from({ length: 3 }, () => {
    const member = shares.join();
    member.adjust(member.room);
    return member;
  });
  assertEquals(members.map(({ used }) => used), [30, 16, 12]);
  shares.expect(0);
  members[0]!.leave();
  members[1]!.leave();
  assertEquals(members[2]!.room, 48);
});

Deno.test("Shares gives the part of a member that leaves to the others, once", () => {
  const shares = new Shares(60);
  const [first, second] = [shares.join(), shares.join()];
  first.adjust(20);
  first.leave();
  first.leave();
  first.adjust(5);
  assertEquals([shares.used, second.part, second.room], [0, 60, 60]);
});

Deno.test("Shares without a bound always has room", () => {
  const shares = new Shares(Infinity);
  const members = [shares.join(), shares.join()];
  for (const share of members) share.adjust(1e12);
  for (const share of members) assert(share.room > 1e12);
});

Deno.test("Shares stays under its capacity and leaves each member its part, for any use by the members", () => {
  const steps = fc.array(
    fc.record({ member: fc.nat(7), take: fc.boolean(), size: fc.nat(100) }),
    { maxLength: 200 },
  );
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 0, max: 300 }),
    steps,
    (count, capacity, steps) => {
      const shares = new Shares(capacity);
      const members = Array.from({ length: count }, () => shares.join());
      for (const { member, take, size } of steps) {
        const share = members[member % count]!;
        const amount = take ? share.room : share.used;
        share.adjust((take ? 1 : -1) * Math.min(size, amount));
        assert(shares.used <= capacity);
        for (const { used, part, room } of members) {
          assert(room >= part - used, `${room} of ${part}, used ${used}`);
        }
      }
    },
  ));
});
