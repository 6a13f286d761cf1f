/**
 * Letting the event loop go round.
 *
 * @module
 */

/**
 * Resolves in another turn of the event loop, so that timers that are due come first. A message takes some microseconds,
 * where a timer of 0 ms takes one or two milliseconds; but in Deno sockets are looked after in such a wait only, and hardly
 * between two messages. Where answers must get through, use {@linkcode Turns}.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof MessageChannel !== "function") {
      setTimeout(resolve, 0);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      port2.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

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
      // Not a message: in 50 turns of 20 ms one answer got through with those in Deno, and 143 with this.
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
