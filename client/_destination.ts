/**
 * The destination of a call to Kinesis, which depends on the stream, the account and the action.
 *
 * @module
 */
import {
  type EndpointOptions,
  isStreamId,
  resolveEndpoint,
} from "../_aws/endpoint.ts";
import { SharedCall } from "../_core/shared_call.ts";
import { KinesisError } from "../errors.ts";
import type {
  Destination,
  DestinationFinder,
} from "../_service/destination.ts";
import {
  type EndpointSettings,
  resolveEndpointSettings,
} from "../_service/endpoint_settings.ts";
import { KINESIS } from "./_kinesis_service.ts";
import type { ResolvedClientOptions } from "./options.ts";

/** The members of a request that name the resource. */
interface RequestTarget {
  readonly StreamId?: string;
  readonly StreamARN?: string;
  readonly ConsumerARN?: string;
  readonly ResourceARN?: string;
  readonly ChannelARN?: string;
  readonly QueueARN?: string;
}

/**
 * Actions whose account endpoints are named `data`; those of the other actions are named `control`.
 * https://docs.aws.amazon.com/general/latest/gr/ak.html
 */
const DATA_ACTIONS = new Set([
  "GetRecords",
  "GetShardIterator",
  "PutRecord",
  "PutRecords",
  "SubscribeToShard",
  "AcknowledgeDeadLetterQueueRecords",
  "AcknowledgeQueueRecords",
  "ReceiveDeadLetterQueueRecords",
  "ReceiveQueueRecords",
  "RestoreDeadLetterQueueRecords",
  "UpdateDeadLetterQueueRecordsVisibility",
  "UpdateQueueRecordsVisibility",
]);
/** What a destination depends on, apart from the settings. */
type Target = Omit<EndpointOptions, "what" | "region">;
/** The most destinations that a client remembers. At one more it forgets all of them. */
const MAX_DESTINATIONS = 1000;

/** Finds destinations and remembers them. Reads variables and files once for all calls. */
export class Destinations implements DestinationFinder {
  readonly #options: ResolvedClientOptions;
  readonly #known = new Map<string, Destination>();
  readonly #reading: SharedCall<EndpointSettings>;
  #settings: EndpointSettings | undefined;

  /** Reads nothing before the first call. */
  constructor(options: ResolvedClientOptions) {
    this.#options = options;
    this.#reading = new SharedCall(
      () => resolveEndpointSettings(options, KINESIS),
      options.clock,
    );
  }

  of(
    action: string,
    request: RequestTarget,
    signal: AbortSignal,
  ): Destination | Promise<Destination> {
    const operationType = DATA_ACTIONS.has(action) ? "data" : "control";
    const isOfQueues = action.includes("Queue");
    const target = {
      operationType,
      isOfQueues,
      streamId: request.StreamId,
      streamARN: request.StreamARN,
      consumerARN: request.ConsumerARN,
      resourceARN: request.ResourceARN,
      channelARN: request.ChannelARN,
      queueARN: request.QueueARN,
    } as const;
    const key = keyOf(target);
    return this.#known.get(key) ?? this.#find(action, target, key, signal);
  }

  async #find(
    action: string,
    target: Target,
    key: string,
    signal: AbortSignal,
  ): Promise<Destination> {
    // A failure is not remembered: the variable may be set before the next call.
    const settings = this.#settings ??= await this.#reading.run(signal);
    const isOfAnyAccount = !hasResource(target) &&
      settings.endpoint === undefined &&
      settings.accountIdEndpointMode !== "disabled";
    if (!isOfAnyAccount) {
      return this.#remember(key, this.#resolve(action, settings, target));
    }
    const ofRegion = {
      ...settings,
      accountIdEndpointMode: "disabled",
    } as const;
    return this.#remember(key, {
      ...this.#resolve(action, ofRegion, target),
      ofAccount: (action, accountId) => {
        const key = `of account ${accountId ?? ""} ${keyOf(target)}`;
        return this.#known.get(key) ??
          this.#remember(
            key,
            this.#resolve(action, settings, { ...target, accountId }),
          );
      },
    });
  }

  #remember(key: string, destination: Destination): Destination {
    if (this.#known.size >= MAX_DESTINATIONS) this.#known.clear();
    this.#known.set(key, destination);
    return destination;
  }

  #resolve(
    action: string,
    settings: EndpointSettings,
    target: Target,
  ): Destination {
    const what = `Cannot ${action}`;
    const { allowHttp } = this.#options;
    try {
      const { url, signingRegion } = resolveEndpoint({
        what,
        ...settings,
        ...target,
        allowHttp,
      });
      const name = settings.endpoint === undefined ? signingRegion : url.origin;
      return { url, region: signingRegion, name };
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw new KinesisError(cause.message, { code: "InvalidEndpoint", cause });
    }
  }
}

function hasResource(target: Target): boolean {
  const { streamId, streamARN, consumerARN } = target;
  const { resourceARN, channelARN, queueARN } = target;
  return isStreamId(streamId) ||
    (streamARN ?? consumerARN ?? resourceARN ?? channelARN ?? queueARN) !==
      undefined;
}

function keyOf(target: Target): string {
  const { operationType, isOfQueues, streamId, streamARN } = target;
  const { consumerARN, resourceARN, channelARN, queueARN } = target;
  const resources = [
    streamId,
    streamARN,
    consumerARN,
    resourceARN,
    channelARN,
    queueARN,
  ];
  return `${operationType} ${isOfQueues} ${resources.join(" ")}`;
}
