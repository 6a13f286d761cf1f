/**
 * Numbers that distinguish the producers and consumers of a process in the events of hooks.
 *
 * @module
 */

let last = 0;

/** A number that no other producer or consumer of this process has, from 1. */
export function nextInstance(): number {
  return ++last;
}
