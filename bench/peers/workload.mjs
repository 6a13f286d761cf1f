// The common part of the JavaScript producers: the values, and what is measured. Runs in Deno and in
// Node.js.
import process from "node:process";
import { say, task } from "./talk.mjs";

export { task };

const KEYS = Array.from({ length: 1000 }, (_, i) => `key-${i}`);

/** The partition key of a value: one of a thousand. */
export const keyOf = (value) => KEYS[value.id % 1000];

/** Values whose JSON text has `task.bytes` bytes. */
export const values = Array.from({ length: task.count }, (_, id) => {
  const around = JSON.stringify({ id, text: "" }).length;
  return { id, text: "x".repeat(Math.max(0, task.bytes - around)) };
});

/**
 * Repeats all values until the time is up. A started round is always completed, so that every peer
 * sends the same values.
 */
export function rounds(seconds) {
  const end = performance.now() + 1000 * seconds;
  let taken = 0;
  return {
    next() {
      if (
        taken % values.length === 0 && taken > 0 && performance.now() >= end
      ) {
        return undefined;
      }
      return values[taken++ % values.length];
    },
    get taken() {
      return taken;
    },
  };
}

/** Takes up to `count` values from a source. */
export function take(source, count) {
  const batch = [];
  while (batch.length < count) {
    const value = source.next();
    if (value === undefined) break;
    batch.push(value);
  }
  return batch;
}

/** Measures throughput after a warm-up. `send` must send all values of a source. */
export async function throughput(send) {
  if (task.inspect) {
    await say("ready");
    await send(rounds(0));
  } else {
    await send(rounds(task.seconds / 2));
    await say("ready");
    const source = rounds(task.seconds);
    await send(source);
    await say(`done {"records":${source.taken}}`);
    process.exit(0);
  }
  await say(`done {"records":${values.length}}`);
  process.exit(0);
}

/** Measures latency at 1 000 values a second. `put` resolves when its value is acknowledged. */
export async function latency(put) {
  const times = [];
  async function one(value) {
    const start = performance.now();
    await put(value);
    times.push(performance.now() - start);
  }
  async function paced(seconds) {
    const start = performance.now();
    const pending = [];
    while (pending.length < 1000 * seconds) {
      const due = performance.now() - start;
      while (pending.length < Math.min(due, 1000 * seconds)) {
        pending.push(one(values[pending.length % values.length]));
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(pending);
  }
  await paced(1);
  times.length = 0;
  await say("ready");
  await paced(3);
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.floor(part * times.length)];
  const result = { records: times.length, p50: at(0.5), p99: at(0.99) };
  await say("done " + JSON.stringify(result));
  process.exit(0);
}
