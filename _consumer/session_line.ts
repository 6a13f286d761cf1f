/**
 * Fairness between streams and shards: each stream with values gives one value in turn, and of each
 * stream each shard with values.
 *
 * @module
 */
import { Deque } from "../_core/deque.ts";

/** The part of a shard session that a {@linkcode SessionLine} reads. */
export interface LinedUp {
  /** Whether the session has a value to hand out. */
  readonly hasNext: boolean;
  /** The number of its stream in the consumer, from 0. */
  readonly streamIndex: number;
  /** Whether too many values of the session are not acknowledged. */
  readonly isPaused: boolean;
  /** Whether the session stands in the line. Written by {@linkcode SessionLine} only. */
  inLine: boolean;
}

/**
 * The sessions that have values, each once, in the order of their turns. After its turn a session
 * goes to the end of the line of its stream. Paused sessions stand aside.
 *
 * Example: a stream has 100 shards with values and another one has 1. The values of the two streams
 * alternate as long as both have some.
 */
export class SessionLine<S extends LinedUp> {
  /** The lines of the streams. */
  readonly #lines: Deque<S>[] = [new Deque<S>()];
  /** The stream whose turn it is. */
  #turn = 0;
  /** The number of sessions in all lines. */
  #length = 0;
  readonly #paused = new Set<S>();

  /** Whether no session has a turn now. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Whether a session has values and is paused. */
  get hasPaused(): boolean {
    return this.#paused.size > 0;
  }

  /** Whether this session has values and is paused. */
  isPaused(session: S): boolean {
    return this.#paused.has(session);
  }

  /**
   * Gives a session the place that its state asks for. Call it after every change of a session.
   */
  update(session: S): void {
    if (this.#paused.size > 0) this.#paused.delete(session);
    // `inLine` first, because it is the cheaper check and this runs for each acknowledgement.
    if (session.inLine || !session.hasNext) return;
    if (session.isPaused) this.#paused.add(session);
    else {
      session.inLine = true;
      this.#length++;
      this.#lineOf(session.streamIndex).push(session);
    }
  }

  /** Removes the session whose turn it is from the line. */
  shift(): S | undefined {
    while (this.#length > 0) {
      const session = this.#nextLine().shift()!;
      this.#length--;
      session.inLine = false;
      if (!session.isPaused) return session;
      // The session was paused while it stood in the line.
      this.update(session);
    }
    return undefined;
  }

  #lineOf(streamIndex: number): Deque<S> {
    while (this.#lines.length <= streamIndex) this.#lines.push(new Deque<S>());
    return this.#lines[streamIndex]!;
  }

  /** The line of the next stream that has one. Call it only if a session stands in a line. */
  #nextLine(): Deque<S> {
    for (;;) {
      const line = this.#lines[this.#turn]!;
      this.#turn = this.#turn + 1 < this.#lines.length ? this.#turn + 1 : 0;
      if (line.length > 0) return line;
    }
  }
}
