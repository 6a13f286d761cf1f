import { assert, assertFalse } from "@std/assert";
import { EventOverflow } from "../../../_consumer/fan_out/event_overflow.ts";

Deno.test("EventOverflow holds up to its bound, or one event that is larger", () => {
  const overflow = new EventOverflow(100);
  assert(overflow.hold(60));
  assertFalse(overflow.hold(41));
  assert(overflow.hold(40));
  assertFalse(overflow.hold(1));
  overflow.release(60);
  overflow.release(40);
  assert(overflow.hold(1000));
  assertFalse(overflow.hold(1));
});
