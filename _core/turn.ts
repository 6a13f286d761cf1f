/**
 * Letting the event loop go round.
 *
 * @module
 */

/**
 * Resolves in another turn of the event loop, so that timers and answers that are due come first. Not a matter of time, so
 * no clock is asked: a loop of promises that are ready would keep all of them waiting for ever.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
