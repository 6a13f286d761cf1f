import { assertEquals } from "@std/assert";
import { colors } from "../../cli/_colors.ts";

Deno.test("colors are off without a terminal, with NO_COLOR and on a dumb terminal", () => {
  const greenOf = (isTerminal: boolean, env: Record<string, string> = {}) =>
    colors({ isTerminal }, (name) => env[name]).green("ok");
  assertEquals(greenOf(true), "\x1b[32mok\x1b[39m");
  assertEquals(greenOf(true, { NO_COLOR: "" }), "\x1b[32mok\x1b[39m");
  assertEquals(greenOf(false), "ok");
  assertEquals(greenOf(true, { NO_COLOR: "1" }), "ok");
  assertEquals(greenOf(true, { TERM: "dumb" }), "ok");
});
