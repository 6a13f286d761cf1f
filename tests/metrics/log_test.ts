import { assert, assertEquals, assertThrows } from "@std/assert";
import { combineHooks, logHooks } from "../../metrics/mod.ts";

const place = { stream: "orders", instance: 1, shardId: "shardId-0" };

Deno.test("logHooks logs each event at its level, with its facts", () => {
  const lines: [string, string, unknown][] = [];
  const at = (level: string) => (message: string, ...rest: unknown[]) =>
    void lines.push([level, message, rest[0]]);
  const hooks = logHooks({
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  });
  const opened = { ...place, state: "opened" } as const;
  hooks.onShard!(opened);
  hooks.onShard!({ ...place, state: "lost" });
  const attempt = {
    action: "GetRecords",
    attempt: 1,
    durationMs: 1,
    requestBytes: 1,
    responseBytes: 1,
  };
  hooks.onAttempt!(attempt);
  hooks.onAttempt!({ ...attempt, error: new Error("no"), retryDelayMs: 10 });
  hooks.onCoverage!({ stream: "orders", instance: 1, problems: [] });
  assertEquals(lines.map(([level, message]) => `${level} ${message}`), [
    "info shardId-0 is opened",
    "warn shardId-0 is lost",
    "debug GetRecords failed, tries again",
    "info All hash keys of orders are read",
  ]);
  assertEquals(lines[0]![2], opened);
  assert(logHooks(console));
  assertThrows(
    () => logHooks({} as never),
    TypeError,
    "'logger' must be an object with the methods debug",
  );
});

Deno.test("combineHooks calls all hooks, also after an error, and has no hook that none of them has", () => {
  const seen: string[] = [];
  const hooks = combineHooks(
    {
      onShard: () => {
        throw new Error("broken");
      },
    },
    { onShard: ({ state }) => void seen.push(state), onRead: undefined },
    {},
  );
  hooks.onShard!({ ...place, state: "opened" });
  assertEquals(seen, ["opened"]);
  assertEquals(Object.keys(hooks), ["onShard"]);
});
