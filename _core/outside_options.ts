/**
 * The options that clients, producers and consumers share: hooks, clock and random numbers.
 *
 * @module
 */
import { type Clock, systemClock } from "./clock.ts";
import type { OptionCheck } from "./option_check.ts";

/** The options, which are absent if the defaults are wanted. */
interface OutsideOptions<H> {
  hooks?: H;
  clock?: Clock;
  random?: () => number;
}

/**
 * Resolves the options `hooks`, `clock` and `random`. `hookNames` are all the hooks.
 *
 * @throws {TypeError} if one of them has the wrong type
 */
export function resolveOutside<H extends object>(
  check: OptionCheck,
  options: OutsideOptions<H>,
  hookNames: readonly (keyof H & string)[],
): {
  readonly hooks: H | undefined;
  readonly clock: Clock;
  readonly random: () => number;
} {
  const { hooks, clock, random } = options;
  check.object("hooks", hooks);
  for (const name of hookNames) {
    check.type(`hooks.${name}`, hooks?.[name], "function");
  }
  return {
    hooks,
    clock: check.methods(
      "clock",
      clock,
      "now",
      "setTimeout",
      "clearTimeout",
    ) ?? systemClock,
    random: check.type("random", random, "function") ?? Math.random,
  };
}
