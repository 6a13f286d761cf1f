/**
 * What an action is: the shape of its request and the function that answers it.
 *
 * @module
 */
import type { Account } from "../_state/account.ts";
import type { Output, Protocol, StreamOutput } from "../_wire/codec.ts";
import { ServiceFault } from "../_wire/service_error.ts";
import { type InputOf, readInput, type Shape } from "../_wire/shape.ts";
import type { Sealer } from "../_wire/tokens.ts";

/** What an action works with. */
export interface Context {
  /** The state of the account. */
  readonly account: Account;
  /** Makes and reads opaque tokens. */
  readonly sealer: Sealer;
  /** The encoding of the request. */
  readonly protocol: Protocol;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal | undefined;
}

/** An action with its types forgotten: from the members of a request to the answer. */
export type Action = (
  body: Readonly<Record<string, unknown>>,
  context: Context,
) => Output | StreamOutput;

/** An empty answer, for actions that have nothing to say. */
export const NOTHING: Output = {};

/** Makes an action of a shape and a function. */
export function action<S extends Shape>(
  shape: S,
  answer: (input: InputOf<S>, context: Context) => Output | StreamOutput,
): Action {
  return (body, context) => answer(readInput(shape, body), context);
}

/** Fails as the service does when a request was only a rehearsal. Called where the request would take effect. */
export function endDryRun(input: { DryRun?: boolean }): void {
  if (input.DryRun) {
    throw new ServiceFault(
      "DryRunOperationException",
      "Request would have succeeded, but DryRun flag is set.",
    );
  }
}
