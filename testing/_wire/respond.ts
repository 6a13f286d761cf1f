/**
 * Makes HTTP responses with the headers of the service.
 *
 * @module
 */
import {
  CONTENT_TYPES,
  encodeOutput,
  isLarge,
  type Output,
  type Protocol,
  type StreamOutput,
} from "./codec.ts";
import type { ServiceFault } from "./service_error.ts";

/** What the headers of an answer depend on. */
export interface AnswerContext {
  /** The encoding of the request, which is also the encoding of the answer. */
  readonly protocol: Protocol;
  /** The id of the request. */
  readonly requestId: string;
  /**
   * The time for the `Date` header, in milliseconds since the epoch. Clients correct their clock by
   * it.
   */
  readonly now: number;
}

/** The response for an action that succeeded. */
export function respond(
  output: Output | StreamOutput,
  context: AnswerContext,
): Response {
  if (isStream(output)) {
    return new Response(output.eventStream, {
      headers: headers(context, "application/vnd.amazon.eventstream"),
    });
  }
  return new Response(encodeOutput(output, context.protocol), {
    headers: {
      ...headers(context, CONTENT_TYPES[context.protocol]),
      ...(isLarge(output) ? output.headers : undefined),
    },
  });
}

/** The response for an action that failed. */
export function respondFault(
  fault: ServiceFault,
  context: AnswerContext,
): Response {
  const { protocol } = context;
  return new Response(
    encodeOutput({ __type: fault.type, message: fault.message }, protocol),
    {
      status: fault.status,
      headers: headers(context, CONTENT_TYPES[protocol]),
    },
  );
}

function isStream(output: Output | StreamOutput): output is StreamOutput {
  return "eventStream" in output;
}

function headers(context: AnswerContext, type: string): Record<string, string> {
  return {
    "content-type": type,
    "date": new Date(context.now).toUTCString(),
    "x-amzn-requestid": context.requestId,
  };
}
