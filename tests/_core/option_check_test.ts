import { assertEquals, assertThrows } from "@std/assert";
import { OptionCheck } from "../../_core/option_check.ts";
import { timeOption } from "../../_core/time_option.ts";

const check = new OptionCheck("Cannot create Thing");

function messageOf(
  run: () => unknown,
  ErrorClass: new (message: string) => Error,
): string {
  return assertThrows(run, ErrorClass).message;
}

Deno.test("OptionCheck fills in defaults and passes on what is allowed", () => {
  assertEquals(check.number("n", undefined, { default: 5 }), 5);
  assertEquals(check.number("n", 0, { default: 5 }), 0);
  assertEquals(
    check.number("n", Infinity, { default: 5, integer: true }),
    Infinity,
  );
  assertEquals(
    timeOption(check, "ms", undefined, { default: Infinity, orNever: true }),
    Infinity,
  );
  assertEquals(timeOption(check, "ms", 1.5, { default: 1 }), 1.5);
  assertEquals(check.choice("c", undefined, ["a", "b"], "a"), "a");
  assertEquals(check.choice("c", "b", ["a", "b"], undefined), "b");
  assertEquals(check.type("f", undefined, "function"), undefined);
  const clock = { now: () => 0 };
  assertEquals(check.methods("clock", clock, "now"), clock);
});

Deno.test("OptionCheck says which option, what is allowed and what was given", () => {
  const rule = { default: 1, least: 1, most: 500, integer: true };
  for (const value of [0, 501, 1.5, NaN, Infinity]) {
    assertEquals(
      messageOf(() => check.number("most", value, rule), RangeError),
      `Cannot create Thing as 'most' must be an integer from 1 to 500: current value is ${value}`,
    );
  }
  assertEquals(
    messageOf(() => check.number("n", -1, { default: 1 }), RangeError),
    "Cannot create Thing as 'n' must be 0 or more: current value is -1",
  );
  const text = "5" as unknown as number;
  assertEquals(
    messageOf(() => check.number("n", text, { default: 1 }), RangeError),
    `Cannot create Thing as 'n' must be 0 or more: current value is "5"`,
  );
  assertEquals(
    messageOf(
      () => timeOption(check, "ms", Infinity, { default: 1 }),
      RangeError,
    ),
    "Cannot create Thing as 'ms' must be from 1 to 2147483647: current value is Infinity",
  );
  const orNever = { default: 1, orNever: true };
  assertEquals(
    messageOf(() => timeOption(check, "ms", 0, orNever), RangeError),
    "Cannot create Thing as 'ms' must be from 1 to 2147483647 or Infinity: current value is 0",
  );
  assertEquals(
    messageOf(() => check.choice("c", "x", ["a", "b", "c"], "a"), TypeError),
    `Cannot create Thing as 'c' must be "a", "b" or "c": current value is "x"`,
  );
});

Deno.test("OptionCheck does not show objects, which may hold secrets", () => {
  assertEquals(
    messageOf(
      () => check.methods("clock", { key: "secret" }, "now"),
      TypeError,
    ),
    "Cannot create Thing as 'clock' must be an object with the methods now",
  );
  assertEquals(
    messageOf(() => check.methods("clock", "text", "now"), TypeError),
    "Cannot create Thing as 'clock' must be an object with the methods now",
  );
  assertEquals(
    messageOf(
      () => check.type("fetch", { key: "secret" }, "function"),
      TypeError,
    ),
    "Cannot create Thing as 'fetch' must be a function",
  );
});
