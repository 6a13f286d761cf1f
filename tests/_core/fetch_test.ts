import { assert, assertFalse } from "@std/assert";
import { isBlockedPort, isResponse } from "../../_core/fetch.ts";

Deno.test("isResponse tells an answer from what a stub forgot to return", () => {
  assert(isResponse(new Response()));
  // As other realms and polyfills make it.
  assert(isResponse({ status: 200, headers: new Map() }));
  for (const value of [undefined, null, "", {}, { status: 200 }]) {
    assertFalse(isResponse(value));
  }
});

Deno.test("isBlockedPort reads what the runtimes say of a port that they refuse", async () => {
  const url = new URL("http://127.0.0.1:6000");
  const node = new TypeError("fetch failed", { cause: new Error("bad port") });
  assert(isBlockedPort(url, node));
  const deno = await fetch(url).then(() => undefined, (error) => error);
  assert(isBlockedPort(url, deno), String(deno));
  assertFalse(isBlockedPort(url, new TypeError("connection refused")));
  assertFalse(isBlockedPort(new URL("http://127.0.0.1"), node));
  assertFalse(isBlockedPort(url, "bad port"));
});
