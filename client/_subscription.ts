/**
 * Turns the answer of SubscribeToShard into a stream of events.
 *
 * @module
 */
import type { Codec } from "../_aws/codec.ts";
import { EventStreamDecoderStream } from "../_aws/event_stream.ts";
import {
  type EventStreamMessage,
  textHeader,
} from "../_aws/event_stream_message.ts";
import { serviceError } from "../_aws/service_error.ts";
import type { Clock } from "../_core/clock.ts";
import { onAbort } from "../_core/on_abort.ts";
import {
  ConnectionError,
  KinesisError,
  ResponseError,
  TimeoutError,
} from "../errors.ts";
import type { CallOptions } from "../_service/options.ts";
import { KINESIS } from "./_kinesis_service.ts";
import type { SubscribeToShardEvent } from "./types/consumers.ts";

/**
 * Options of a subscription. `timeoutMs` is the time limit of its start; the events arrive for up
 * to 5 minutes.
 */
export interface SubscribeOptions extends CallOptions {
  /**
   * Longest wait for the next event, in milliseconds: 1 to 2 147 483 647. After that time the
   * stream errors with a {@linkcode TimeoutError}. Kinesis sends an event at least every 5 seconds,
   * also without records.
   * @default {15_000}
   */
  idleTimeoutMs?: number;
}

/** Options of {@linkcode subscriptionEvents}. */
export interface SubscriptionContext {
  /** The region or the custom endpoint, for messages. */
  readonly target: string;
  /** The codec of the request. */
  readonly codec: Codec;
  /** The clock. */
  readonly clock: Clock;
  /** Longest wait for the next event, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Ends the subscription. */
  readonly signal?: AbortSignal;
}

const ACTION = "SubscribeToShard";

/**
 * The events of a subscription. Each event is read when the consumer of the stream asks for it, so
 * backpressure reaches the service.
 */
export function subscriptionEvents(
  response: Response,
  context: SubscriptionContext,
): ReadableStream<SubscribeToShardEvent> {
  const subscription = new Subscription(response, context);
  return new ReadableStream({
    start: (controller) => subscription.start(controller),
    pull: (controller) => subscription.pull(controller),
    cancel: (reason) => subscription.cancel(reason),
  }, { highWaterMark: 0 });
}

type Controller = ReadableStreamDefaultController<SubscribeToShardEvent>;

class Subscription {
  readonly #response: Response;
  readonly #context: SubscriptionContext;
  readonly #messages: ReadableStreamDefaultReader<EventStreamMessage>;
  #isOver = false;
  #stopFollowing = () => {};

  constructor(response: Response, context: SubscriptionContext) {
    this.#response = response;
    this.#context = context;
    const body: ReadableStream<Uint8Array> = response.body ??
      new Blob([]).stream();
    this.#messages = body.pipeThrough(
      new EventStreamDecoderStream({ status: response.status }),
    ).getReader();
  }

  start(controller: Controller): void {
    const { signal } = this.#context;
    this.#stopFollowing = onAbort(
      signal,
      () => this.#fail(controller, signal!.reason),
    );
  }

  async pull(controller: Controller): Promise<void> {
    try {
      while (!this.#isOver) {
        const { done, value } = await this.#nextMessage(controller);
        if (this.#isOver) return;
        if (done) {
          this.#end();
          return controller.close();
        }
        const event = this.#eventOf(value);
        if (event) return controller.enqueue(event);
      }
    } catch (error) {
      this.#fail(controller, this.#typed(error));
    }
  }

  async cancel(reason: unknown): Promise<void> {
    this.#end();
    await this.#messages.cancel(reason);
  }

  async #nextMessage(
    controller: Controller,
  ): Promise<ReadableStreamReadResult<EventStreamMessage>> {
    const { clock, idleTimeoutMs, target } = this.#context;
    const timer = clock.setTimeout(() => {
      this.#fail(
        controller,
        new TimeoutError(
          `Cannot go on with ${ACTION} in ${target}: no event within ${idleTimeoutMs} ms`,
          { timeoutMs: idleTimeoutMs },
        ),
      );
    }, idleTimeoutMs);
    try {
      return await this.#messages.read();
    } finally {
      clock.clearTimeout(timer);
    }
  }

  /**
   * The event of a message. `undefined` for other messages, such as `initial-response` and types
   * that the service may add later.
   */
  #eventOf(message: EventStreamMessage): SubscribeToShardEvent | undefined {
    const codec = KINESIS.codecOf(
      textHeader(message, ":content-type") ?? null,
      this.#context.codec,
    );
    switch (textHeader(message, ":message-type")) {
      case "exception": {
        const { type, message: text } = codec.decodeError(message.payload);
        throw this.#serviceError(
          textHeader(message, ":exception-type") ?? type,
          text,
        );
      }
      case "error":
        throw this.#serviceError(
          textHeader(message, ":error-code"),
          textHeader(message, ":error-message"),
        );
    }
    if (textHeader(message, ":event-type") !== "SubscribeToShardEvent") {
      return undefined;
    }
    try {
      const event: Partial<SubscribeToShardEvent> = codec.decode(
        ACTION,
        message.payload,
      );
      return { ...event, Records: event.Records ?? [] };
    } catch (cause) {
      const { status } = this.#response;
      throw new ResponseError(
        `Cannot go on with ${ACTION} in ${this.#context.target}: an event cannot be read`,
        { cause, status },
      );
    }
  }

  #serviceError(type: string | undefined, message?: string): KinesisError {
    const { status, headers } = this.#response;
    const { target } = this.#context;
    return serviceError({
      action: ACTION,
      target,
      status,
      headers,
      body: { type, message },
    });
  }

  #typed(error: unknown): unknown {
    if (error instanceof KinesisError) return error;
    return new ConnectionError(
      `Cannot go on with ${ACTION} in ${this.#context.target}: the connection broke`,
      { cause: error },
    );
  }

  #fail(controller: Controller, error: unknown): void {
    if (this.#isOver) return;
    this.#end();
    this.#messages.cancel(error).catch(() => {});
    controller.error(error);
  }

  #end(): void {
    this.#isOver = true;
    this.#stopFollowing();
  }
}
