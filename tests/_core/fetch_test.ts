import { assert, assertFalse } from "@std/assert";
import {
  isBlockedPort,
  isRefusedByProxy,
  isResponse,
} from "../../_core/fetch.ts";

Deno.test("isResponse distinguishes a Response from the result of a stub that returns none", () => {
  assert(isResponse(new Response()));
  // As other realms and polyfills make it.
  assert(isResponse({ status: 200, headers: new Map() }));
  for (const value of [undefined, null, "", {}, { status: 200 }]) {
    assertFalse(isResponse(value));
  }
});

Deno.test("isBlockedPort reads what the runtimes say of a port that they refuse", async () => {
  const node = new TypeError("fetch failed", { cause: new Error("bad port") });
  assert(isBlockedPort(node));
  const deno = await fetch("http://127.0.0.1:6000")
    .then(() => undefined, (error) => error);
  assert(isBlockedPort(deno), String(deno));
  assertFalse(isBlockedPort(new TypeError("connection refused")));
  assertFalse(isBlockedPort("bad port"));
});

Deno.test("isRefusedByProxy reads what the runtimes say of a proxy that asks for credentials", () => {
  const node = new TypeError("fetch failed", {
    cause: new Error("Proxy response (407) !== 200 when HTTP Tunneling"),
  });
  assert(isRefusedByProxy(node));
  const deno = new TypeError(
    "client error (Connect): tunnel error: proxy authorization required",
  );
  assert(isRefusedByProxy(deno));
  const circle = new Error("port 407");
  circle.cause = circle;
  assertFalse(isRefusedByProxy(circle));
});
