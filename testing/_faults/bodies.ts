/**
 * Faults in the body of an answer.
 *
 * @module
 */
import { EventStreamDecoderStream } from "../../_aws/event_stream.ts";
import {
  encodeMessage,
  type EventStreamMessage,
  textHeader,
  textHeaders,
} from "../../_aws/event_stream_message.ts";
import { CONTENT_TYPES, encodeOutput, type Protocol } from "../_wire/codec.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A copy of the answer with another body. */
function withBody(
  response: Response,
  body: ReadableStream<Uint8Array>,
): Response {
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}

/** An answer whose body fails with a TypeError after `bytes` bytes. */
export function cutAfter(response: Response, bytes: number): Response {
  let left = bytes;
  const reader = response.body?.getReader();
  return withBody(
    response,
    new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await reader?.read() ??
          { done: true, value: undefined };
        const chunk = value?.subarray(0, left);
        if (chunk?.length) controller.enqueue(chunk);
        left -= chunk?.length ?? 0;
        if (done || left === 0) {
          await reader?.cancel();
          controller.error(
            new TypeError("error reading a body from connection: reset"),
          );
        }
      },
      cancel: (reason) => reader?.cancel(reason),
    }, { highWaterMark: 0 }),
  );
}

/** How an event stream goes on after the events that pass. */
export type AfterEvents =
  | { readonly type: "silence" }
  | {
    readonly type: "exception";
    readonly code: string;
    readonly message: string;
    readonly protocol: Protocol;
  };

/**
 * An event stream that passes `events` events and then goes on with `then`. The message
 * `initial-response` does not count as an event.
 */
export function afterEvents(
  response: Response,
  events: number,
  then: AfterEvents,
): Response {
  if (!response.ok || !response.body) return response;
  let left = events;
  const reader = response.body.pipeThrough(new EventStreamDecoderStream())
    .getReader();
  return withBody(
    response,
    new ReadableStream<Bytes>({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        if (isEvent(value) && left-- === 0) {
          if (then.type === "silence") {
            // The connection stays open without messages until the reader cancels.
            return await new Promise<never>(() => {});
          }
          await reader.cancel();
          controller.enqueue(exceptionMessage(then));
          return controller.close();
        }
        controller.enqueue(encodeMessage(value));
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 }),
  );
}

function isEvent(message: EventStreamMessage): boolean {
  return textHeader(message, ":event-type") !== "initial-response";
}

function exceptionMessage(
  exception: AfterEvents & { type: "exception" },
): Bytes {
  const { code, message, protocol } = exception;
  const body = encodeOutput({ message }, protocol);
  return encodeMessage({
    headers: textHeaders({
      ":message-type": "exception",
      ":exception-type": code,
      ":content-type": CONTENT_TYPES[protocol],
    }),
    payload: typeof body === "string" ? new TextEncoder().encode(body) : body,
  });
}
