import { assert, assertFalse } from "@std/assert";
import { ByteDebt, TokenBucket } from "../../../testing/_state/rate.ts";

const HOUR = 3_600_000;

Deno.test("TokenBucket refills within a second when the clock is set back by an hour", () => {
  const bucket = new TokenBucket(5, HOUR);
  bucket.take(5);
  assertFalse(bucket.has(1, HOUR));
  assertFalse(bucket.has(1, 0));
  assert(bucket.has(5, 1000));
});

Deno.test("ByteDebt is paid in its time when the clock is set back by an hour", () => {
  const debt = new ByteDebt(1000);
  debt.add(5000, HOUR);
  assertFalse(debt.isClear(HOUR + 1000));
  assertFalse(debt.isClear(1000));
  assertFalse(debt.isClear(4999));
  assert(debt.isClear(5000));
});
