/**
 * The checkpointer of a worker that loses its store.
 *
 * @module
 */
import type { Checkpointer } from "../../checkpoint/mod.ts";

/** The checkpointer of a worker that dies or hangs: while it is cut off, calls never settle. */
export class Cut implements Checkpointer {
  readonly #inner: Checkpointer;
  isCut = false;
  constructor(inner: Checkpointer) {
    this.#inner = inner;
  }
  #pass<R>(call: () => Promise<R>): Promise<R> {
    return this.isCut ? new Promise(() => {}) : call();
  }
  list: Checkpointer["list"] = (...a) =>
    this.#pass(() => this.#inner.list(...a));
  create: Checkpointer["create"] = (...a) =>
    this.#pass(() => this.#inner.create(...a));
  take: Checkpointer["take"] = (...a) =>
    this.#pass(() => this.#inner.take(...a));
  renew: Checkpointer["renew"] = (...a) =>
    this.#pass(() => this.#inner.renew(...a));
  checkpoint: Checkpointer["checkpoint"] = (...a) =>
    this.#pass(() => this.#inner.checkpoint(...a));
  release: Checkpointer["release"] = (...a) =>
    this.#pass(() => this.#inner.release(...a));
  request: Checkpointer["request"] = (...a) =>
    this.#pass(() => this.#inner.request(...a));
  replace: Checkpointer["replace"] = (...a) =>
    this.#pass(() => this.#inner.replace(...a));
  delete: Checkpointer["delete"] = (...a) =>
    this.#pass(() => this.#inner.delete(...a));
}
