/**
 * The input of a fault.
 *
 * @module
 */
import type { Clock } from "../../_core/clock.ts";
import type { Exchange } from "./exchange.ts";

/** A request and what a fault needs to change its outcome. */
export interface Injection {
  /** The request. */
  readonly exchange: Exchange;
  /** The clock that delays are measured with. */
  readonly clock: Clock;
  /** The random numbers of the rule, from 0 to 1 (exclusive). */
  readonly random: () => number;
  /** Sends a request on, to the next rule or to the service. */
  readonly next: (exchange: Exchange) => Promise<Response>;
  /**
   * Counts the fault. Called when it takes effect: a `partial` that fails no record does not count.
   */
  readonly onHit: () => void;
}
