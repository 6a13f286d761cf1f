/**
 * Letting the event loop go round.
 *
 * @module
 */

/**
 * Watches that a loop whose promises are always ready does not keep the event loop to itself: timers and answers that are
 * due would wait for ever. What counts is the time of the machine, not that of the injected clock, since it is the machine
 * that is kept busy.
 */
export class Turns {
  readonly #lengthMs: number;
  #endsAt: number;
  #giveUp: (() => void) | undefined;

  /** A turn may last so long, in milliseconds. The first one starts now. */
  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
    this.#endsAt = performance.now() + lengthMs;
  }

  /** Whether it is time to let others run. */
  get isOver(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** Resolves in another turn of the event loop, or when that is given up. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 0);
      this.#giveUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endsAt = performance.now() + this.#lengthMs;
  }

  /** Ends a wait that is under way. */
  giveUp(): void {
    this.#giveUp?.();
  }
}
