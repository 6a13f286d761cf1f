import { assertEquals, assertRejects } from "@std/assert";
import { isYes } from "../../cli/_question.ts";

/** Pieces of an input that does not end. */
async function* typed(...pieces: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield new TextEncoder().encode(piece);
  await new Promise(() => {});
}

async function* ended(...pieces: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await new TextEncoder().encode(piece);
}

Deno.test("isYes takes y and yes of one line for a yes, and all else for a no", async () => {
  const { signal } = new AbortController();
  for (const line of ["y\n", "Y\r\n", "yes\n", " Yes \n", "y\nn\n"]) {
    assertEquals(await isYes(typed(line), signal), true, line);
  }
  for (const line of ["\n", "n\n", "yarn build\n", "ye\n", "n\ny\n"]) {
    assertEquals(await isYes(typed(line), signal), false, line);
  }
  assertEquals(await isYes(typed("y", "e", "s\n"), signal), true);
  assertEquals(await isYes(ended(), signal), false);
  assertEquals(await isYes(ended("y"), signal), true);
});

Deno.test("isYes rejects when the signal aborts, before an answer is there", async () => {
  const stop = new AbortController();
  const asked = isYes(typed("y"), stop.signal);
  stop.abort(new DOMException("Interrupted", "AbortError"));
  await assertRejects(() => asked, DOMException, "Interrupted");
  await assertRejects(
    () => isYes(typed("y\n"), stop.signal),
    DOMException,
    "Interrupted",
  );
});
