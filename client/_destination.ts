/**
 * The destination of a call to Kinesis, which depends on the stream, the account and the action.
 *
 * @module
 */
import { type EndpointOptions, resolveEndpoint } from "../_aws/endpoint.ts";
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
  readonly StreamARN?: string;
  readonly ConsumerARN?: string;
  readonly ResourceARN?: string;
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
]);
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
    const { StreamARN, ConsumerARN, ResourceARN } = request;
    const operationType = DATA_ACTIONS.has(action) ? "data" : "control";
    const key = `${operationType} ${StreamARN ?? ""} ${ConsumerARN ?? ""} ${
      ResourceARN ?? ""
    }`;
    return this.#known.get(key) ??
      this.#find(action, request, operationType, key, signal);
  }

  async #find(
    action: string,
    { StreamARN, ConsumerARN, ResourceARN }: RequestTarget,
    operationType: "data" | "control",
    key: string,
    signal: AbortSignal,
  ): Promise<Destination> {
    // A failure is not remembered: the variable may be set before the next call.
    const settings = this.#settings ??= await this.#reading.run(signal);
    const target = {
      operationType,
      streamARN: StreamARN,
      consumerARN: ConsumerARN,
      resourceARN: ResourceARN,
    } as const;
    const isOfAnyAccount = (StreamARN ?? ConsumerARN ?? ResourceARN) ===
        undefined &&
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
        const key = `${operationType} of ${accountId ?? ""}`;
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
    target: Omit<EndpointOptions, "what" | "region">,
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
