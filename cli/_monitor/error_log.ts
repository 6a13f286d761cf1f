/**
 * The last errors.
 *
 * @module
 */
import type { ErrorView } from "./snapshot.ts";

const MOST_ERRORS = 50;

/** Keeps the last errors, each once with its count. */
export class ErrorLog {
  /** The least recent one first. */
  readonly #errors = new Map<string, ErrorView>();

  /** Adds an error, or `count` of them. */
  add(source: string, message: string, time: number, count = 1): void {
    const key = `${source}\n${message}`;
    const before = this.#errors.get(key)?.count ?? 0;
    this.#errors.delete(key);
    this.#errors.set(key, { time, source, message, count: before + count });
    if (this.#errors.size <= MOST_ERRORS) return;
    const [oldest] = this.#errors.keys();
    this.#errors.delete(oldest!);
  }

  /** The errors, the latest first. */
  list(): readonly ErrorView[] {
    return [...this.#errors.values()].reverse();
  }
}
