import { assertEquals, assertRejects } from "@std/assert";
import { send } from "../../credentials/http.ts";
import { CredentialsError, TimeoutError } from "../../errors.ts";
import { FakeClock, FakeEnvironment, fakeFetch } from "./support.ts";

const request = { what: "the keys", url: new URL("https://keys.test/secret") };

function setUp(answer: (n: number) => Response | Promise<Response>) {
  let n = 0;
  const { fetch, requests } = fakeFetch(() => answer(n++));
  const clock = new FakeClock();
  const environment = new FakeEnvironment();
  return { clock, requests, context: { fetch, clock, environment } };
}

Deno.test("send asks again after every status that passes, and after no other", async () => {
  for (const status of [408, 425, 429, 500, 502, 503, 504, 507, 520, 529]) {
    const { context, requests } = setUp((n) =>
      new Response("", { status: n < 2 ? status : 200 })
    );
    assertEquals((await send(context, request)).status, 200);
    assertEquals(requests.length, 3, `${status}`);
  }
  for (const status of [400, 403, 404, 407, 501, 505]) {
    const { context, requests } = setUp(() => new Response("", { status }));
    assertEquals((await send(context, request)).status, status);
    assertEquals(requests.length, 1, `${status}`);
  }
});

Deno.test("send waits as long as Retry-After says, in seconds or until a date, up to 20 seconds", async () => {
  for (
    const [value, ms] of [
      ["3", 3000],
      // The fake clock begins with the year.
      ["Thu, 01 Jan 2026 00:00:05 GMT", 5000],
      ["3600", 20_000],
    ] as const
  ) {
    const { clock, context, requests } = setUp((n) =>
      n > 0 ? new Response("keys") : new Response("", {
        status: 503,
        headers: { "retry-after": value },
      })
    );
    const answer = send(context, request);
    // The first timer is the time limit of the attempt.
    while (requests.length < 1 || clock.pending < 1) await turn();
    await turn();
    clock.advance(ms - 1);
    await turn();
    assertEquals(requests.length, 1, value);
    clock.advance(1);
    assertEquals((await answer).text, "keys");
  }
});

Deno.test("send keeps to its time limit with a fetch that knows nothing of signals", async () => {
  const { clock, context } = setUp(() => new Promise<Response>(() => {}));
  const failing = assertRejects(
    () => send(context, { ...request, attempts: 1, timeoutMs: 2000 }),
    TimeoutError,
    "no answer within 2000 ms",
  );
  clock.advance(2000);
  await failing;
  assertEquals(clock.pending, 0);
});

Deno.test("send names the mistake of a fetch that returns no Response", async () => {
  const context = {
    fetch: () => Promise.resolve(undefined as unknown as Response),
    environment: new FakeEnvironment(),
    clock: new FakeClock(),
  };
  const error = await assertRejects(
    () => send(context, request),
    CredentialsError,
    "Check the option 'fetch'",
  );
  assertEquals(error.retryable, false);
});

/** Everything that waits for promises goes on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
