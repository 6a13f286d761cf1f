/**
 * What an action is: the shape of its request and the function that answers it.
 *
 * @module
 */
import type { Account } from "../_state/account.ts";
import type { Output, Protocol, StreamOutput } from "../_wire/codec.ts";
import { ServiceFault } from "../_wire/service_error.ts";
import { type InputOf, readInput, type Shape } from "../_wire/shape.ts";
import type { TokenCodec } from "../_wire/tokens.ts";

/** Everything that an action can use to answer a request. */
export interface ActionContext {
  /** The streams and settings of the account. */
  readonly account: Account;
  /** Writes and reads page tokens and shard iterators. */
  readonly tokens: TokenCodec;
  /** The encoding of the request and of its answer. */
  readonly protocol: Protocol;
  /** Aborts when the caller gives up. Ends a subscription. */
  readonly signal: AbortSignal | undefined;
  /** Aborts when the caller gives up or its connection to a server breaks. Ends a long poll. */
  readonly disconnect: AbortSignal | undefined;
  /** The headers of the request. */
  readonly headers: Headers;
}

/** Answers one request. `body` holds the members of the request, not yet checked. */
export type Action = (
  body: Readonly<Record<string, unknown>>,
  context: ActionContext,
) => Answer | Promise<Answer>;

/** The answer of an action. */
type Answer = Output | StreamOutput;

/** The answer of actions that return no members. */
export const EMPTY_OUTPUT: Output = {};

/** Makes an action that checks the request against `shape` and then calls `answer`. */
export function action<S extends Shape>(
  shape: S,
  answer: (
    input: InputOf<S>,
    context: ActionContext,
  ) => Answer | Promise<Answer>,
): Action {
  return (body, context) => answer(readInput(shape, body), context);
}

/**
 * Throws a DryRunOperationException if the request sets DryRun, as the service does. Call it after
 * all checks and before the first change.
 */
export function endDryRun(input: { DryRun?: boolean }): void {
  if (input.DryRun) {
    throw new ServiceFault(
      "DryRunOperationException",
      "Request would have succeeded, but DryRun flag is set.",
    );
  }
}
