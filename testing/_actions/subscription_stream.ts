/**
 * The body of a SubscribeToShard answer: the records of a shard, as they arrive. It ends when the
 * shard ends, after 5 minutes, when the consumer subscribes to the shard again, or when the reader
 * cancels.
 *
 * @module
 */
import { encodeMessage, textHeaders } from "../../_aws/event_stream_message.ts";
import type { Account } from "../_state/account.ts";
import type { Subscription } from "../_state/consumer.ts";
import { MAX_READ_RECORDS, SUBSCRIPTION_LIFE_MS } from "../../_aws/limits.ts";
import {
  MAX_EVENT_BYTES,
  SUBSCRIPTION_HEARTBEAT_MS,
} from "../_state/limits.ts";
import type { Shard } from "../_state/shard.ts";
import type { Stream } from "../_state/stream.ts";
import {
  CONTENT_TYPES,
  encodeOutput,
  type Output,
  type Protocol,
} from "../_wire/codec.ts";
import { RecordPage } from "./record_page.ts";

/** What a subscription reads, and for which request. */
export interface SubscriptionOptions {
  readonly account: Account;
  readonly stream: Stream;
  readonly shard: Shard;
  /** The log offset of the first record to send. */
  readonly offset: number;
  readonly protocol: Protocol;
  readonly signal: AbortSignal | undefined;
}

type Controller = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;

/**
 * A subscription. It produces a message only when the reader asks for one, so a reader that stops
 * reading delays nothing else and costs no memory.
 */
export class SubscriptionStream implements Subscription {
  /** When SubscribeToShard succeeded, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** The event stream. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #options: SubscriptionOptions;
  #offset: number;
  #sentAt: number;
  #hasSentInitialResponse = false;
  #isEnded = false;
  #controller: Controller | undefined;
  /** Ends the wait of a read that has no message yet. Set during the wait only. */
  #wake: (() => void) | undefined;
  readonly #onAbort = () => this.#abort();

  /** Starts a subscription. */
  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#offset = options.offset;
    this.startedAt = this.#sentAt = options.account.now;
    this.body = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#pull(),
      cancel: () => this.#finish(),
    }, { highWaterMark: 0 });
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Sends an exception message and ends the stream. */
  endWithException(type: string, message: string): void {
    if (this.#isEnded) return;
    this.#send(
      { ":message-type": "exception", ":exception-type": type },
      { message },
    );
    this.end();
  }

  /** Ends the stream. */
  end(): void {
    if (this.#isEnded) return;
    this.#finish();
    this.#controller!.close();
  }

  #abort(): void {
    if (this.#isEnded) return;
    this.#finish();
    this.#controller!.error(this.#options.signal!.reason);
  }

  #finish(): void {
    this.#isEnded = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#wake?.();
  }

  /** Sends one message or ends the stream. Waits until one of the two is possible. */
  async #pull(): Promise<void> {
    if (!this.#hasSentInitialResponse) {
      this.#hasSentInitialResponse = true;
      this.#send({
        ":message-type": "event",
        ":event-type": "initial-response",
      }, {});
      return;
    }
    const { account } = this.#options;
    while (!this.#isEnded) {
      account.applyDueTransitions();
      if (account.now - this.startedAt >= SUBSCRIPTION_LIFE_MS) this.end();
      else if (this.#sendPage()) return;
      else await this.#wait();
    }
  }

  /**
   * Sends the next records, or a heartbeat without records if one is due. Returns whether it sent.
   */
  #sendPage(): boolean {
    const { account, stream, shard } = this.#options;
    const { now } = account;
    const horizon = stream.horizon(now);
    shard.log.trim(horizon);
    const page = new RecordPage(shard, this.#offset, {
      records: MAX_READ_RECORDS,
      bytes: MAX_EVENT_BYTES,
    });
    const isHeartbeatDue = now - this.#sentAt >= SUBSCRIPTION_HEARTBEAT_MS;
    if (page.length === 0 && !page.isAtEnd && !isHeartbeatDue) return false;
    this.#offset = page.endOffset;
    this.#sentAt = now;
    this.#send({
      ":message-type": "event",
      ":event-type": "SubscribeToShardEvent",
    }, {
      records: page.length,
      json: () =>
        `{"Records":${page.json()},${
          JSON.stringify(describeEnd(page, now, horizon)).slice(1)
        }`,
      value: () => ({
        Records: page.value(),
        ...describeEnd(page, now, horizon),
      }),
    });
    if (page.isAtEnd) this.end();
    return true;
  }

  /** Waits until the shard changes, a heartbeat is due or the 5 minutes are over. */
  async #wait(): Promise<void> {
    const { account, shard } = this.#options;
    const { clock } = account.options;
    const nextHeartbeat = this.#sentAt + SUBSCRIPTION_HEARTBEAT_MS;
    const end = this.startedAt + SUBSCRIPTION_LIFE_MS;
    const due = Math.min(nextHeartbeat, end, account.nextTransitionAt);
    let timer: unknown;
    let unlisten = () => {};
    await new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, Math.max(0, due - account.now));
      unlisten = shard.listen(resolve);
      this.#wake = resolve;
    });
    this.#wake = undefined;
    clock.clearTimeout(timer);
    unlisten();
  }

  #send(headers: Record<string, string>, payload: Output): void {
    const { protocol } = this.#options;
    const body = encodeOutput(payload, protocol);
    this.#controller!.enqueue(encodeMessage({
      headers: textHeaders({
        ...headers,
        ":content-type": CONTENT_TYPES[protocol],
      }),
      payload: typeof body === "string" ? new TextEncoder().encode(body) : body,
    }));
  }
}

function describeEnd(page: RecordPage, now: number, horizon: number): Output {
  return {
    ContinuationSequenceNumber: page.isAtEnd
      ? undefined
      : page.continuation(horizon),
    MillisBehindLatest: page.millisBehindLatest(now),
    ChildShards: page.isAtEnd ? page.shard.describeChildren() : undefined,
  };
}
