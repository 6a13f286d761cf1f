// The common part of the JavaScript readers: when to stop, and what is reported. Runs in Deno and in
// Node.js.
import process from "node:process";
import { say, task } from "./talk.mjs";

export { task };

/** Counts the values that a reader gets, and says when it may stop. */
export class Count {
  /** The values so far. */
  values = 0;
  #endsAt;
  #least;

  constructor(seconds, least) {
    this.#endsAt = performance.now() + 1000 * seconds;
    this.#least = least;
  }

  /** Takes a decoded value. Returns whether that was enough. */
  take(value) {
    if (value.text === undefined) throw new Error("no value");
    // The clock is looked at now and then: with every value it would cost more than reading.
    return (++this.values & 1023) === 0 && this.isEnough;
  }

  get isEnough() {
    return this.values >= this.#least && performance.now() >= this.#endsAt;
  }
}

/** Measures after a warm-up. `read` reads until `count.take()` says that it is enough. */
export async function measure(read) {
  await read(new Count(2 * task.seconds, 2 * task.perAnswer));
  await say("ready");
  const count = new Count(task.seconds, task.perAnswer);
  await read(count);
  await say(`done {"records":${count.values}}`);
  process.exit(0);
}
