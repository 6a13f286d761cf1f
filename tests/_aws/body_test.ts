import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { readBody } from "../../_aws/body.ts";
import { ResponseError } from "../../errors.ts";
import { endless, stalled } from "../client/_stub_fetch.ts";

const { signal } = new AbortController();

Deno.test("readBody joins the chunks of a body of any sizes", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.uint8Array({ maxLength: 50 }).map((b) => new Uint8Array(b))),
    async (chunks) => {
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start(out) {
          for (const chunk of chunks) out.enqueue(chunk);
          out.close();
        },
      });
      assertEquals(
        [...await readBody(new Response(body), 100_000, signal)],
        chunks.flatMap((chunk) => [...chunk]),
      );
    },
  ));
});

Deno.test("readBody reads an answer without a body", async () => {
  assertEquals(await readBody(new Response(null), 1, signal), new Uint8Array());
});

Deno.test("readBody stops at the limit, and accepts a body of just that size", async () => {
  const whole = await readBody(new Response("12345"), 5, signal);
  assertEquals(whole.length, 5);
  const cases: Record<string, string>[] = [
    {},
    { "content-length": "6" },
    { "content-length": "5", "content-encoding": "gzip" },
  ];
  for (const headers of cases) {
    await assertRejects(
      () => readBody(new Response("123456", { headers }), 5, signal),
      ResponseError,
      "more than 5 bytes",
    );
  }
});

Deno.test("readBody cancels what it does not read", async () => {
  const huge = endless(new Uint8Array(100));
  await assertRejects(() => readBody(new Response(huge.body), 250, signal));
  assertEquals([huge.cancelled, huge.pulls], [true, 3]);
});

Deno.test("readBody ends when the signal aborts, before and while it reads", async () => {
  for (const early of [true, false]) {
    const body = stalled();
    const controller = new AbortController();
    if (early) controller.abort("enough");
    const reading = readBody(new Response(body.body), 10, controller.signal)
      .catch((error) => error);
    if (!early) controller.abort("enough");
    assertEquals(await reading, "enough");
    assert(body.cancelled);
  }
});
