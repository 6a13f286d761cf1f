/**
 * Waits until a stream, consumer, queue or channel has a certain state.
 *
 * @module
 */
import type {
  CallOptions,
  ResolvedServiceOptions,
} from "../_service/options.ts";
import { waitFor, type WaitOptions } from "../_service/wait.ts";
import type {
  ChannelDescription,
  ChannelResponse,
  ChannelTarget,
  ConsumerDescription,
  ConsumerTarget,
  DescribeStreamConsumerResponse,
  DescribeStreamSummaryResponse,
  QueueDescription,
  QueueResponse,
  QueueTarget,
  StreamDescriptionSummary,
  StreamTarget,
} from "./_api.ts";

/** The calls that the waits make. */
interface Describer {
  describeStreamSummary(
    request: StreamTarget,
    options: CallOptions,
  ): Promise<DescribeStreamSummaryResponse>;
  describeStreamConsumer(
    request: ConsumerTarget,
    options: CallOptions,
  ): Promise<DescribeStreamConsumerResponse>;
  describeQueue(
    request: QueueTarget,
    options: CallOptions,
  ): Promise<QueueResponse>;
  describeChannel(
    request: ChannelTarget,
    options: CallOptions,
  ): Promise<ChannelResponse>;
}

/** The states that end a wait with success. */
type Wanted = "ACTIVE" | "DELETED";

/** Waits with the calls, the clock and the chance of a client. */
export class Waits {
  readonly #client: Describer;
  readonly #options: Pick<ResolvedServiceOptions, "clock" | "random">;

  /** Asks nothing before the first wait. */
  constructor(
    client: Describer,
    options: Pick<ResolvedServiceOptions, "clock" | "random">,
  ) {
    this.#client = client;
    this.#options = options;
  }

  /** Waits for a stream. `undefined` if it is deleted. */
  stream(
    wanted: Wanted,
    stream: StreamTarget,
    options: WaitOptions,
  ): Promise<StreamDescriptionSummary | undefined> {
    return waitFor(
      {
        what: `stream "${stream.StreamName ?? stream.StreamARN}"`,
        wanted,
        describe: async (call) =>
          (await this.#client.describeStreamSummary(stream, call))
            .StreamDescriptionSummary,
        stateOf: (description) => description.StreamStatus,
      },
      options,
      this.#options,
    );
  }

  /** Waits for a consumer. */
  consumer(
    consumer: ConsumerTarget,
    options: WaitOptions,
  ): Promise<ConsumerDescription | undefined> {
    return waitFor(
      {
        what: `consumer "${consumer.ConsumerName ?? consumer.ConsumerARN}"`,
        wanted: "ACTIVE",
        describe: async (call) =>
          (await this.#client.describeStreamConsumer(consumer, call))
            .ConsumerDescription,
        stateOf: (description) => description.ConsumerStatus,
      },
      options,
      this.#options,
    );
  }

  /** Waits for a queue. `undefined` if it is deleted. */
  queue(
    wanted: Wanted,
    queue: QueueTarget,
    options: WaitOptions,
  ): Promise<QueueDescription | undefined> {
    return waitFor(
      {
        what: `queue "${queue.QueueARN}"`,
        wanted,
        describe: async (call) =>
          (await this.#client.describeQueue(queue, call)).QueueDescription,
        stateOf: (description) => description.QueueStatus,
        hopeless: wanted === "ACTIVE" ? ["DELETING"] : [],
      },
      options,
      this.#options,
    );
  }

  /** Waits for a channel. `undefined` if it is deleted. */
  channel(
    wanted: Wanted,
    channel: ChannelTarget,
    options: WaitOptions,
  ): Promise<ChannelDescription | undefined> {
    return waitFor(
      {
        what: `channel "${channel.ChannelARN}"`,
        wanted,
        describe: async (call) =>
          (await this.#client.describeChannel(channel, call))
            .ChannelDescription,
        stateOf: (description) => description.ChannelStatus,
        reasonOf: (description) => description.ChannelStatusReason,
        hopeless: wanted === "ACTIVE" ? ["DELETING", "FAILED"] : [],
      },
      options,
      this.#options,
    );
  }
}
