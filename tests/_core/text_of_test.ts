import { assertEquals } from "@std/assert";
import { textOf } from "../../_core/text_of.ts";

Deno.test("textOf gives a text for any value, also for plain objects that are thrown", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const texts: [unknown, string][] = [
    [undefined, "undefined"],
    [Symbol("s"), "Symbol(s)"],
    [new RangeError("no"), "RangeError: no"],
    // As supabase-js and others throw it.
    [{ code: "23505", message: "duplicate key" }, "duplicate key"],
    [{ code: 12, message: 5 }, '{"code":12,"message":5}'],
    [{ rows: "x".repeat(500) }, `{"rows":"${"x".repeat(191)}…`],
    [{ big: 1n }, "[object Object]"],
    [cycle, "[object Object]"],
    [new Map(), "[object Map]"],
    [Object.create(null), "a value that has no text"],
    [revoked.proxy, "a value that has no text"],
  ];
  for (const [value, text] of texts) assertEquals(textOf(value), text);
});
