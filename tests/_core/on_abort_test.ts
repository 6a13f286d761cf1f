import { assertEquals } from "@std/assert";
import { onAbort } from "../../_core/on_abort.ts";

Deno.test("onAbort runs once when the signal aborts, at once if it has, and never after the stop", () => {
  let runs = 0;
  const run = () => void runs++;
  const first = new AbortController();
  onAbort(first.signal, run);
  first.abort();
  assertEquals(runs, 1);
  onAbort(first.signal, run);
  assertEquals(runs, 2);
  const second = new AbortController();
  onAbort(second.signal, run)();
  second.abort();
  onAbort(undefined, run)();
  assertEquals(runs, 2);
});
