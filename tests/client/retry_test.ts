import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { KinesisClient } from "../../client/mod.ts";
import {
  ConnectionError,
  CredentialsError,
  ServiceError,
  TimeoutError,
} from "../../errors.ts";
import type { AttemptEvent } from "../../hooks.ts";
import { failure, ok, stalled, stub, turn } from "./_stub_fetch.ts";

const request = { StreamName: "s" };

Deno.test("KinesisClient tries three times and throws the last error", async () => {
  const { client, sent, run } = stub((_, n) =>
    failure("InternalFailure", 500, { "x-amzn-requestid": `r${n}` })
  );
  const error = await assertRejects(
    () => run(client.listShards(request)),
    ServiceError,
  );
  assertEquals([sent.length, error.requestId], [3, "r2"]);
});

Deno.test("KinesisClient tries as often as the call says", async () => {
  for (const maxAttempts of [1, 2, 7]) {
    const { client, sent, run } = stub(() => failure("InternalFailure", 500));
    await assertRejects(
      () => run(client.listShards(request, { maxAttempts })),
      ServiceError,
    );
    assertEquals(sent.length, maxAttempts);
  }
});

Deno.test("KinesisClient does not try again what will not go away", async () => {
  const { client, sent, run } = stub(() => failure("AccessDeniedException"));
  await assertRejects(() => run(client.listShards(request)), ServiceError);
  assertEquals(sent.length, 1);
});

Deno.test("KinesisClient waits with full jitter between attempts, longer after a throttle", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.boolean(),
      async (chance, throttle) => {
        const { client, sent, run } = stub(
          () =>
            throttle
              ? failure("ThrottlingException")
              : failure("InternalFailure", 500),
          {
            random: () => chance,
            retry: { maxAttempts: 12, maxDelayMs: 8000 },
          },
        );
        await assertRejects(() => run(client.listShards(request)));
        assertEquals(sent.length, 12);
        for (let i = 1; i < sent.length; i++) {
          const base = throttle ? 1000 : 50;
          const waited = sent[i]!.at - sent[i - 1]!.at;
          const expected = chance * Math.min(8000, base * 2 ** (i - 1));
          assert(Math.abs(waited - expected) < 1e-2, `${waited} ${expected}`);
        }
      },
    ),
    { numRuns: 15 },
  );
});

Deno.test("KinesisClient honours Retry-After up to its longest delay", async () => {
  for (
    const [after, waited] of [
      ["3", 3000],
      ["0", 500],
      ["3600", 20_000],
      ["soon", 500],
      // The fake clock begins there.
      ["Tue, 14 Nov 2023 22:13:27 GMT", 7000],
      ["Tue, 14 Nov 2023 23:13:20 GMT", 20_000],
      ["Tue, 14 Nov 2023 22:00:00 GMT", 500],
    ] as const
  ) {
    const { client, sent, run } = stub((_, n) =>
      n === 0
        ? failure("ThrottlingException", 400, { "retry-after": after })
        : ok({ Shards: [] })
    );
    await run(client.listShards(request));
    assertEquals(sent[1]!.at - sent[0]!.at, waited);
  }
});

Deno.test("KinesisClient stops trying again when the shared quota is used up, and earns it back", async () => {
  let down = true;
  const { client, sent, run } = stub(() =>
    down ? failure("InternalFailure", 500) : ok({})
  );
  const call = () => client.listShards(request, { maxAttempts: 2 });
  for (let i = 0; i < 60; i++) await assertRejects(() => run(call()));
  // 500 tokens at 14 a retry: 35 retries, then none.
  assertEquals(sent.length, 60 + 35);
  down = false;
  for (let i = 0; i < 4; i++) await run(call());
  down = true;
  sent.length = 0;
  // 10 tokens are left and 4 earned.
  for (let i = 0; i < 3; i++) await assertRejects(() => run(call()));
  assertEquals(sent.length, 3 + 1);
});

Deno.test("KinesisClient rejects with the signal's reason, before, while sending, and while waiting", async () => {
  const reason = new Error("enough");
  const early = stub(() => ok());
  assertStrictEquals(
    await early.client.listShards(request, {
      signal: AbortSignal.abort(reason),
    }).catch((error) => error),
    reason,
  );
  assertEquals(early.sent.length, 0);

  for (const phase of ["request", "body", "wait"]) {
    const body = stalled();
    const { client, clock, sent, reached } = stub((sent) => {
      if (phase === "wait") return failure("ThrottlingException");
      if (phase === "body") return new Response(body.body);
      return new Promise((_, reject) =>
        sent.signal.addEventListener("abort", () => reject(sent.signal.reason))
      );
    });
    const controller = new AbortController();
    const call = client.listShards(request, { signal: controller.signal })
      .catch((error) => error);
    await reached(1);
    for (let i = 0; i < 5; i++) await turn();
    assertEquals(clock.pendingTimers, 1);
    controller.abort(reason);
    assertStrictEquals(await call, reason);
    await turn();
    assertEquals([clock.pendingTimers, sent.length], [0, 1]);
    assertEquals(body.cancelled, phase === "body");
  }
});

Deno.test("KinesisClient ends an attempt that takes too long, whatever the fetch does with signals", async () => {
  for (const phase of ["request", "body", "announced body"]) {
    const body = stalled();
    let answer!: (response: Response) => void;
    const { client, clock, reached } = stub((_, n) => {
      if (n > 0) return ok({ Shards: [] });
      if (phase === "request") {
        return new Promise<Response>((resolve) => answer = resolve);
      }
      return new Response(body.body, {
        headers: phase === "body" ? {} : { "content-length": "10" },
      });
    });
    const call = client.listShards(request, { timeoutMs: 5000, maxAttempts: 1 })
      .catch((error) => error);
    await reached(1);
    for (let i = 0; i < 5; i++) await turn();
    await clock.advance(4999);
    assertEquals(clock.pendingTimers, 1);
    await clock.advance(1);
    const error = await call;
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.timeoutMs, error.retryable], [5000, true]);
    assertEquals(clock.pendingTimers, 0);
    if (phase === "request") {
      // An answer that comes too late is not left open.
      answer(new Response(body.body));
      await turn();
    }
    if (phase !== "announced body") assert(body.cancelled, phase);
  }
});

Deno.test("KinesisClient tries again after an attempt that took too long", async () => {
  const { client, clock, sent, reached, run } = stub((_, n) =>
    n === 0 ? new Promise<Response>(() => {}) : ok({ Shards: [] })
  );
  const call = client.listShards(request, { timeoutMs: 700_000 });
  await reached(1);
  await clock.advance(700_000);
  assertEquals(await run(call), { Shards: [] });
  assertEquals(sent.length, 2);
});

Deno.test("KinesisClient waits as long as it takes when timeoutMs is Infinity", async () => {
  const { client, clock, reached } = stub(
    () => new Promise<Response>(() => {}),
    {
      timeoutMs: Infinity,
    },
  );
  const controller = new AbortController();
  const { signal } = controller;
  const call = client.listShards(request, { signal }).catch((error) => error);
  await reached(1);
  // The runtimes take a longer delay than this for none at all.
  assertEquals(clock.nextTimerMs, 2 ** 31 - 1);
  controller.abort("enough");
  assertEquals(await call, "enough");
});

Deno.test("KinesisClient corrects its clock once, and for all requests in flight", async () => {
  const serverAhead = 3_600_000;
  const { client, clock, sent, run } = stub(({ headers, at }) => {
    const signed = headers.get("x-amz-date")!.replace(
      /^(....)(..)(..)T(..)(..)(..)Z$/,
      "$1-$2-$3T$4:$5:$6Z",
    );
    const date = new Date(at + serverAhead);
    return Math.abs(Date.parse(signed) - date.getTime()) < 300_000
      ? ok({ Shards: [] })
      : failure("InvalidSignatureException", 400, { date: date.toUTCString() });
  }, { retry: { maxAttempts: 1 } });
  await run(Promise.all([1, 2, 3].map(() => client.listShards(request))));
  assertEquals(sent.length, 6);
  await run(client.listShards(request));
  assertEquals(sent.length, 7);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("KinesisClient does not take a wrong secret for a wrong clock", async () => {
  for (const date of ["now", "an hour", "none"]) {
    const { client, sent, run } = stub(({ at }) => {
      const server = at + (date === "an hour" ? 3_600_000 : 0);
      return failure("InvalidSignatureException", 400, {
        ...date === "none" ? {} : { date: new Date(server).toUTCString() },
      });
    });
    await assertRejects(
      () => run(client.listShards(request)),
      ServiceError,
      "Check the secret access key",
    );
    assertEquals(sent.length, date === "an hour" ? 2 : 1);
  }
});

Deno.test("KinesisClient asks for credentials before every attempt", async () => {
  let asked = 0;
  const { client, sent, run } = stub(
    (_, n) => n < 2 ? failure("InternalFailure", 500) : ok(),
    {
      credentials: () =>
        Promise.resolve({
          accessKeyId: `id${++asked}`,
          secretAccessKey: "secret",
          sessionToken: `token${asked}`,
        }),
    },
  );
  await run(client.listShards(request));
  assertEquals(asked, 3);
  sent.forEach(({ headers }, i) => {
    assert(headers.get("authorization")!.includes(`Credential=id${i + 1}/`));
    assertEquals(headers.get("x-amz-security-token"), `token${i + 1}`);
  });
});

Deno.test("KinesisClient tries again when the credentials function fails, unless it says that this is no use", async () => {
  const cause = new TypeError("network is down");
  let failures = 2;
  const flaky = stub(() => ok({ Shards: [] }), {
    credentials: () =>
      failures-- > 0
        ? Promise.reject(cause)
        : Promise.resolve({ accessKeyId: "id", secretAccessKey: "secret" }),
  });
  await flaky.run(flaky.client.listShards(request));
  assertEquals(flaky.sent.length, 1);

  const down = stub(() => ok(), {
    credentials: () => {
      throw cause;
    },
  });
  const error = await assertRejects(
    () => down.run(down.client.listShards(request)),
    CredentialsError,
    "network is down",
  );
  assertEquals([error.cause, down.sent.length], [cause, 0]);

  let asked = 0;
  const none = new CredentialsError("Cannot find credentials");
  const without = stub(() => ok(), {
    credentials: () => {
      asked++;
      return Promise.reject(none);
    },
  });
  assertStrictEquals(
    await without.run(
      without.client.listShards(request).catch((error) => error),
    ),
    none,
  );
  assertEquals(asked, 1);
});

Deno.test("KinesisClient does not wait for credentials longer than its time limit", async () => {
  const { client, clock } = stub(() => ok(), {
    credentials: () => new Promise(() => {}),
  });
  const call = client.listShards(request, { timeoutMs: 1000, maxAttempts: 1 })
    .catch((error) => error);
  await clock.advance(1000);
  assertInstanceOf(await call, TimeoutError);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("KinesisClient calls its hooks for every attempt", async () => {
  const events: AttemptEvent[] = [];
  const { client, run } = stub((_, n) => {
    if (n === 0) return failure("InternalFailure", 500);
    if (n === 1) throw new TypeError("reset");
    return ok({ Shards: [] });
  }, {
    hooks: {
      onAttempt: (event) => {
        events.push(event);
        throw new Error("a hook must not disturb");
      },
    },
  });
  await run(client.listShards(request));
  assertEquals(
    events.map(({ attempt, status, retryDelayMs, responseBytes }) => [
      attempt,
      status,
      retryDelayMs,
      responseBytes,
    ]),
    [[1, 500, 25, 43], [2, undefined, 50, 0], [3, 200, undefined, 13]],
  );
  assertInstanceOf(events[1]!.error, ConnectionError);
  assert(events.every(({ action }) => action === "ListShards"));
  assertEquals(events[0]!.requestBytes, '{"StreamName":"s"}'.length);
});

Deno.test("KinesisClient refuses options that cannot work and names them", async () => {
  for (
    const [options, type, text] of [
      [{ region: "eu west" }, TypeError, '"eu west"'],
      [{ region: "" }, TypeError, "'region'"],
      [{ endpoint: "localhost" }, TypeError, "'endpoint'"],
      [{ endpoint: "ftp://x" }, TypeError, "ftp://x"],
      [{ retry: { maxAttempts: 0 } }, RangeError, "'retry.maxAttempts'"],
      [{ retry: { maxAttempts: 1.5 } }, RangeError, "current value is 1.5"],
      [{ retry: { maxDelayMs: 0 } }, RangeError, "'retry.maxDelayMs'"],
      [{ timeoutMs: NaN }, RangeError, "'timeoutMs'"],
    ] as const
  ) {
    assertThrows(() => new KinesisClient(options), type, text);
  }
  const { client, sent } = stub(() => ok());
  await assertRejects(
    () => client.listShards(request, { timeoutMs: 0 }),
    RangeError,
    "Cannot ListShards as 'timeoutMs'",
  );
  await assertRejects(
    () => client.listShards(request, { maxAttempts: NaN }),
    RangeError,
    "'maxAttempts'",
  );
  assertEquals(sent.length, 0);
});

Deno.test("KinesisClient leaves the caller's options as they are", async () => {
  const credentials = Object.freeze({ accessKeyId: "i", secretAccessKey: "s" });
  const retry = Object.freeze({ maxAttempts: 1 });
  const { client, run } = stub(() => ok({ Shards: [] }), {
    credentials,
    retry,
  });
  await run(client.listShards(Object.freeze({ ...request })));
});
