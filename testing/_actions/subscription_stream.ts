/**
 * The body of SubscribeToShard's answer: records as they come, until the shard ends, five minutes are over, another call
 * takes over, or the reader goes away.
 *
 * @module
 */
import { encodeMessage, textHeaders } from "../../_aws/event_stream.ts";
import type { Account } from "../_state/account.ts";
import type { Subscription } from "../_state/consumer.ts";
import {
  MAX_EVENT_BYTES,
  MAX_GET_RECORDS,
  SUBSCRIPTION_BEAT_MS,
  SUBSCRIPTION_LIFE_MS,
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

/** What a subscription is made of. */
export interface SubscriptionOptions {
  readonly account: Account;
  readonly stream: Stream;
  readonly shard: Shard;
  /** The place of the first record to send. */
  readonly place: number;
  readonly protocol: Protocol;
  readonly signal: AbortSignal | undefined;
}

type Controller = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;

/** A subscription. It sends only what is asked for: a reader that stops reading holds nothing up and costs no memory. */
export class SubscriptionStream implements Subscription {
  /** When it began. */
  readonly startedAt: number;
  /** The messages. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #options: SubscriptionOptions;
  #place: number;
  #sentAt: number;
  #isGreeted = false;
  #isOver = false;
  #controller: Controller | undefined;
  /** Set while a read waits for something to happen. */
  #wake: (() => void) | undefined;
  readonly #onAbort = () => this.#abort();

  /** Begins a subscription. */
  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#place = options.place;
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

  /** Ends it with an exception inside the stream. */
  evict(type: string, message: string): void {
    if (this.#isOver) return;
    this.#send(
      { ":message-type": "exception", ":exception-type": type },
      { message },
    );
    this.end();
  }

  /** Ends it. */
  end(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#controller!.close();
  }

  #abort(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#controller!.error(this.#options.signal!.reason);
  }

  #finish(): void {
    this.#isOver = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#wake?.();
  }

  /** Sends one message, or ends the stream. */
  async #pull(): Promise<void> {
    if (!this.#isGreeted) {
      this.#isGreeted = true;
      this.#send({
        ":message-type": "event",
        ":event-type": "initial-response",
      }, {});
      return;
    }
    const { account } = this.#options;
    while (!this.#isOver) {
      account.settle();
      if (account.now - this.startedAt >= SUBSCRIPTION_LIFE_MS) this.end();
      else if (this.#sendPage()) return;
      else await this.#wait();
    }
  }

  /** Sends what there is to send, and says whether there was anything. */
  #sendPage(): boolean {
    const { account, stream, shard } = this.#options;
    const { now } = account;
    shard.log.trim(stream.horizon(now));
    const page = new RecordPage(shard, this.#place, {
      records: MAX_GET_RECORDS,
      bytes: MAX_EVENT_BYTES,
    });
    const isDue = now - this.#sentAt >= SUBSCRIPTION_BEAT_MS;
    if (page.length === 0 && !page.isAtEnd && !isDue) return false;
    this.#place = page.endPlace;
    this.#sentAt = now;
    this.#send({
      ":message-type": "event",
      ":event-type": "SubscribeToShardEvent",
    }, {
      records: page.length,
      json: () =>
        `{"Records":${page.json()},${
          JSON.stringify(describeEnd(page, now)).slice(1)
        }`,
      value: () => ({ Records: page.value(), ...describeEnd(page, now) }),
    });
    if (page.isAtEnd) this.end();
    return true;
  }

  /** Waits until the shard changes, a sign of life is due or the time is over. */
  async #wait(): Promise<void> {
    const { account, shard } = this.#options;
    const { clock } = account.options;
    const nextBeat = this.#sentAt + SUBSCRIPTION_BEAT_MS;
    const end = this.startedAt + SUBSCRIPTION_LIFE_MS;
    const due = Math.min(nextBeat, end, account.nextTransitionAt);
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

function describeEnd(page: RecordPage, now: number): Output {
  return {
    ContinuationSequenceNumber: page.isAtEnd ? undefined : page.continuation(),
    MillisBehindLatest: page.millisBehindLatest(now),
    ChildShards: page.isAtEnd ? page.shard.describeChildren() : undefined,
  };
}
