/**
 * Fairness between shards: each shard with values gives one value in turn.
 *
 * @module
 */
import { Deque } from "../_core/deque.ts";

/** The part of a shard session that a {@linkcode SessionLine} reads. */
export interface LinedUp {
  /** Whether the session has a value to hand out. */
  readonly hasNext: boolean;
  /** Whether too many values of the session are not acknowledged. */
  readonly isPaused: boolean;
  /** Whether the session stands in the line. Written by {@linkcode SessionLine} only. */
  inLine: boolean;
}

/**
 * The sessions that have values, each once, in the order of their turns. After its turn a session
 * goes to the end. Paused sessions stand aside.
 */
export class SessionLine<S extends LinedUp> {
  readonly #line = new Deque<S>();
  readonly #paused = new Set<S>();

  /** Whether no session has a turn now. */
  get isEmpty(): boolean {
    return this.#line.length === 0;
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
      this.#line.push(session);
    }
  }

  /** Removes the session whose turn it is from the line. */
  shift(): S | undefined {
    for (;;) {
      const session = this.#line.shift();
      if (!session) return undefined;
      session.inLine = false;
      if (!session.isPaused) return session;
      // The session was paused while it stood in the line.
      this.update(session);
    }
  }
}
