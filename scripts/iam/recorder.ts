/**
 * Notes which permissions the requests of a program need.
 *
 * @module
 */
import { CallReader } from "../../testing/_faults/call_reader.ts";
import { Exchange, type Fetch } from "../../testing/_faults/exchange.ts";
import type { AuthorizedCall } from "../../testing/mod.ts";

/** A `fetch` with the permissions that it has needed. */
export interface Recorder {
  readonly fetch: Fetch;
  /** Each permission once, in the order in which it was needed first. */
  readonly calls: readonly AuthorizedCall[];
}

/** Wraps a `fetch`. Several can note into the same list. */
export function recorderOf(
  fetch: Fetch,
  calls: AuthorizedCall[] = [],
): Recorder {
  const reader = new CallReader({});
  return {
    calls,
    async fetch(input, init) {
      const exchange = await Exchange.read(fetch, input, init);
      const call = reader.callOf(exchange);
      const response = await exchange.send();
      if (call) {
        await reader.rememberIterator(exchange, call, response);
        const isKnown = calls.some(({ action, resource }) =>
          action === call.action && resource === call.resource
        );
        if (!isKnown) calls.push(call);
      }
      return response;
    },
  };
}
