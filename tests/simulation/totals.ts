/**
 * Counts what happened in many runs.
 *
 * @module
 */
import type { Outcome } from "./run.ts";

/** The sums of many runs. */
export class Totals {
  #virtualMs = 0;
  readonly #counts = {
    "values written": 0,
    "values processed, with repetitions": 0,
    "requests to Kinesis": 0,
    "lives of workers": 0,
    "of which killed": 0,
    "of which frozen": 0,
    "splits and merges": 0,
    "takes of leases": 0,
    "checkpoints of former holders, refused": 0,
  };

  /** Adds a run. */
  add({ journal, virtualMs, requests }: Outcome): void {
    const counts = this.#counts;
    this.#virtualMs += virtualMs;
    counts["requests to Kinesis"] += requests;
    for (const entry of journal.entries) {
      switch (entry.type) {
        case "put":
          counts["values written"]++;
          break;
        case "done":
        case "processed":
          counts["values processed, with repetitions"]++;
          break;
        case "started":
          counts["lives of workers"]++;
          break;
        case "killed":
          counts["of which killed"]++;
          break;
        case "frozen":
          counts["of which frozen"]++;
          break;
        case "incident":
          if (/"(split|merge)"/.test(entry.what)) counts["splits and merges"]++;
          break;
        case "taken":
          counts["takes of leases"]++;
          break;
        case "checkpoint":
          if (!entry.isAccepted) {
            counts["checkpoints of former holders, refused"]++;
          }
      }
    }
  }

  /** One line for each number. */
  toString(): string {
    const hours = (this.#virtualMs / 3_600_000).toFixed(1);
    return [
      `virtual hours: ${hours}`,
      ...Object.entries(this.#counts).map(([name, n]) => `${name}: ${n}`),
    ].join("\n");
  }
}
