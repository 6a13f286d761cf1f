import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
  unreachable,
} from "@std/assert";

/**
 * The message with which an assertion fails. Uses none of them, so that a broken one cannot vouch
 * for itself.
 */
function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof AssertionError) return error.message;
    throw error;
  }
  throw new Error("the assertion held");
}

async function failureOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof AssertionError) return error.message;
    throw error;
  }
  throw new Error("the assertion held");
}

function includes(text: string, ...parts: string[]): void {
  for (const part of parts) {
    if (!text.includes(part)) throw new Error(`no "${part}" in: ${text}`);
  }
}

Deno.test("AssertionError is an Error that names itself and keeps its cause", () => {
  const error = new AssertionError("m", { cause: 1 });
  if (!(error instanceof Error)) throw new Error("not an Error");
  if (error.name !== "AssertionError") throw new Error(error.name);
  if (error.cause !== 1) throw new Error(String(error.cause));
});

Deno.test("assert throws when the value is falsy", () => {
  assert(true);
  assert("x");
  for (const value of [false, 0, 0n, "", null, undefined, NaN]) {
    includes(failure(() => assert(value, "why")), "why");
  }
});

Deno.test("assertFalse throws when the value is truthy", () => {
  assertFalse(0);
  includes(failure(() => assertFalse([], "why")), "why");
});

Deno.test("assertExists throws when there is null or undefined", () => {
  assertExists(0);
  assertExists("");
  includes(failure(() => assertExists(null, "why")), "null", "why");
  includes(failure(() => assertExists(undefined)), "undefined");
});

Deno.test("assertEquals shows the lines that differ", () => {
  assertEquals({ a: [1] }, { a: [1] });
  const message = failure(() =>
    assertEquals({ a: 1, b: "actual" }, { a: 1, b: "expected" }, "why")
  );
  includes(message, "why", '"actual"', '"expected"', "a: 1");
  const colour = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");
  const lines = message.replaceAll(colour, "").split("\n");
  const marks = (text: string) =>
    lines.filter((line) => line.includes(text)).map((line) => line[0]);
  if (marks('"actual"')[0] !== "-" || marks('"expected"')[0] !== "+") {
    throw new Error(message);
  }
});

Deno.test("assertEquals finishes when two long values differ everywhere", () => {
  const numbers = Array.from({ length: 3000 }, (_, i) => i);
  includes(
    failure(() => assertEquals(numbers, numbers.map((n) => -n - 1))),
    "2999",
    "-3000",
  );
});

Deno.test("assertNotEquals throws when the structure is the same", () => {
  assertNotEquals({ a: 1 }, { a: 2 });
  includes(failure(() => assertNotEquals([1], [1], "why")), "why");
});

Deno.test("assertStrictEquals throws when it is not the same object", () => {
  const object = { a: 1 };
  assertStrictEquals(object, object);
  assertStrictEquals(NaN, NaN);
  includes(failure(() => assertStrictEquals(object, { a: 1 }, "why")), "why");
  includes(failure(() => assertStrictEquals<unknown>(1, "1")), '"1"');
  failure(() => assertStrictEquals(0, -0));
});

Deno.test("assertInstanceOf throws when the class is another", () => {
  const value: unknown = new TypeError("x");
  assertInstanceOf(value, Error);
  const message: string = value.message;
  assertEquals(message, "x");
  includes(
    failure(() => assertInstanceOf(value, RangeError, "why")),
    "RangeError",
    "TypeError",
    "why",
  );
  for (const other of [null, undefined, 1, () => {}, Object.create(null)]) {
    includes(failure(() => assertInstanceOf(other, Date)), "Date");
  }
});

Deno.test("assertMatch and assertStringIncludes throw when the text has no such part", () => {
  assertMatch("shardId-12", /^shardId-\d+$/);
  assertStringIncludes("shardId-12", "Id-");
  includes(
    failure(() => assertMatch("abc", /x+/, "why")),
    "abc",
    "/x+/",
    "why",
  );
  includes(
    failure(() => assertStringIncludes("abc", "x", "why")),
    "abc",
    "why",
  );
});

Deno.test("assertGreater, assertLess and their kin compare as the operators do", () => {
  assertGreater(2, 1);
  assertGreaterOrEqual(1, 1);
  assertLess(1n, 2n);
  assertLessOrEqual("a", "a");
  includes(failure(() => assertGreater(1, 1)), "1");
  includes(failure(() => assertGreaterOrEqual(1, 2, "why")), "why");
  includes(failure(() => assertLess(NaN, 1)), "NaN");
  includes(failure(() => assertLessOrEqual(2, 1)), "2");
});

Deno.test("assertAlmostEquals throws when the distance is over the tolerance", () => {
  assertAlmostEquals(0.1 + 0.2, 0.3);
  assertAlmostEquals(9, 10, 1);
  assertAlmostEquals(Infinity, Infinity);
  assertAlmostEquals(NaN, NaN);
  failure(() => assertAlmostEquals(1, 1.00001));
  failure(() => assertAlmostEquals(1, Infinity));
  includes(failure(() => assertAlmostEquals(8.9, 10, 1, "why")), "why");
});

Deno.test("assertThrows returns what was thrown", () => {
  const thrown = new RangeError("must be 1 to 500");
  const fn = () => {
    throw thrown;
  };
  assertStrictEquals(assertThrows(fn), thrown);
  assertStrictEquals(assertThrows(fn, "why"), thrown);
  const error: RangeError = assertThrows(fn, RangeError, "1 to 500", "why");
  assertStrictEquals(error, thrown);
  assertStrictEquals(
    assertThrows(() => {
      throw "text";
    }),
    "text",
  );
});

Deno.test("assertThrows compares messages without their colours", () => {
  const red = (text: string) => `\x1b[31m${text}\x1b[39m`;
  const fn = () => {
    throw new Error(`must be ${red("1")} to 500`);
  };
  assertThrows(fn, Error, "be 1 to");
  assertThrows(fn, Error, red("be 1 to"));
});

Deno.test("assertThrows throws when nothing or something else was thrown", () => {
  const fn = () => {
    throw new RangeError("must be 1 to 500");
  };
  includes(failure(() => assertThrows(() => {}, "why")), "why");
  includes(failure(() => assertThrows(() => {}, Error, "", "why")), "why");
  includes(failure(() => assertThrows(fn, TypeError)), "TypeError");
  includes(
    failure(() => assertThrows(fn, RangeError, "1 to 5000", "why")),
    "1 to 5000",
    "must be 1 to 500",
    "why",
  );
  failure(() =>
    assertThrows(() => {
      throw "text";
    }, Error)
  );
});

Deno.test("assertRejects resolves with the reason", async () => {
  const reason = new RangeError("must be 1 to 500");
  const fn = () => Promise.reject(reason);
  assertStrictEquals(await assertRejects(fn), reason);
  assertStrictEquals(await assertRejects(fn, "why"), reason);
  const error: RangeError = await assertRejects(fn, RangeError, "1 to 500");
  assertStrictEquals(error, reason);
  assertStrictEquals(await assertRejects(() => Promise.reject(5)), 5);
});

Deno.test("assertRejects rejects when nothing or something else was the reason", async () => {
  const fn = () => Promise.reject(new RangeError("must be 1 to 500"));
  const fine = () => Promise.resolve();
  includes(await failureOf(() => assertRejects(fine, "why")), "why");
  includes(await failureOf(() => assertRejects(fn, TypeError)), "TypeError");
  includes(
    await failureOf(() => assertRejects(fn, RangeError, "1 to 5000", "why")),
    "1 to 5000",
    "why",
  );
  await failureOf(() => assertRejects(() => Promise.reject("text"), Error));
});

Deno.test("assertRejects rejects when the function throws or returns no promise", async () => {
  await failureOf(() =>
    assertRejects(() => {
      throw new Error("at once");
    })
  );
  await failureOf(() =>
    assertRejects((() => 1) as unknown as () => Promise<unknown>)
  );
  const callable = Object.assign(() => {}, { then() {} });
  await failureOf(() =>
    assertRejects((() => callable) as unknown as () => Promise<unknown>)
  );
});

Deno.test("fail and unreachable always throw", () => {
  includes(failure(() => fail("why")), "why");
  includes(failure(() => unreachable("why")), "why");
});
