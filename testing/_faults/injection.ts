/**
 * What a fault works with.
 *
 * @module
 */
import type { Clock } from "../../_core/clock.ts";
import type { Exchange } from "./exchange.ts";

/** A request that a fault happens to. */
export interface Injection {
  /** The request. */
  readonly exchange: Exchange;
  /** The clock of delays. */
  readonly clock: Clock;
  /** Chance of the rule. */
  readonly random: () => number;
  /** Sends a request on, to the next fault or the service. */
  readonly next: (exchange: Exchange) => Promise<Response>;
  /** To be called when the fault really happens. */
  readonly onHit: () => void;
}
