import { assertEquals } from "@std/assert";
import {
  askedToWaitMs,
  isTransientStatus,
  parseHttpDate,
  retryAfterMs,
} from "../../_core/http_retry.ts";

Deno.test("isTransientStatus takes 408, 425, 429 and every 5xx but 501 and 505", () => {
  const transient: number[] = [];
  for (let status = 100; status < 700; status++) {
    if (isTransientStatus(status)) transient.push(status);
  }
  const faults = Array.from({ length: 100 }, (_, i) => 500 + i)
    .filter((status) => status !== 501 && status !== 505);
  assertEquals(transient, [408, 425, 429, ...faults]);
});

const NOW = Date.parse("1994-11-06T08:49:30Z");

Deno.test("retryAfterMs reads seconds and the three forms of a date", () => {
  for (
    const [value, expected] of [
      ["3", 3000],
      [" 1.5 ", 1500],
      ["0", 0],
      ["Sun, 06 Nov 1994 08:49:37 GMT", 7000],
      ["Sunday, 06-Nov-94 08:49:37 GMT", 7000],
      ["Sun Nov  6 08:49:37 1994", 7000],
      ["Sun, 06 Nov 1994 08:49:20 GMT", 0],
      ["-1", undefined],
      ["Infinity", undefined],
      ["1e3", undefined],
      ["later", undefined],
      ["Soon, it works again", undefined],
      ["2026-01-01", undefined],
      ["", undefined],
    ] as const
  ) {
    const headers = new Headers({ "retry-after": value });
    assertEquals(retryAfterMs(headers, NOW), expected, value);
  }
  assertEquals(retryAfterMs(new Headers(), NOW), undefined);
});

Deno.test("retryAfterMs measures a date against the clock of the server", () => {
  const headers = new Headers({
    date: "Sun, 06 Nov 1994 08:49:35 GMT",
    "retry-after": "Sun, 06 Nov 1994 08:49:37 GMT",
  });
  assertEquals(retryAfterMs(headers, NOW + 86_400_000), 2000);
});

Deno.test("parseHttpDate reads nothing else than dates", () => {
  for (const value of ["", "7", "2026-01-01", "Sun", null, undefined]) {
    assertEquals(parseHttpDate(value), undefined, String(value));
  }
});

Deno.test("askedToWaitMs is bounded, and 0 where nothing is asked", () => {
  assertEquals(askedToWaitMs({ retryAfterMs: 3000 }), 3000);
  assertEquals(askedToWaitMs({ retryAfterMs: 1e9 }), 60_000);
  assertEquals(askedToWaitMs({ retryAfterMs: 3000 }, 100), 100);
  for (const error of [{}, new Error("x"), "text", 7, null, undefined]) {
    assertEquals(askedToWaitMs(error), 0);
  }
});
