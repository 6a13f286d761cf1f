/**
 * What follows for the values of a call of the handler that has failed.
 *
 * @module
 */
import type { HandlerErrorEvent } from "../hooks.ts";

/** The number of values by what follows for them. */
export function followedBy(
  { values, givenUp, retryDelayMs }: Pick<
    HandlerErrorEvent,
    "values" | "givenUp" | "retryDelayMs"
  >,
): [then: "given-up" | "retried" | "redelivered", values: number][] {
  const others = retryDelayMs === undefined ? "redelivered" : "retried";
  return [["given-up", givenUp], [others, values - givenUp]];
}
