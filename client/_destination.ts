/**
 * The destination of a call: its URL and signing region.
 *
 * @module
 */
import { type EndpointOptions, resolveEndpoint } from "../_aws/endpoint.ts";
import { SharedCall } from "../_core/shared_call.ts";
import { KinesisError } from "../errors.ts";
import {
  type EndpointSettings,
  resolveEndpointSettings,
} from "./_endpoint_settings.ts";
import type { ResolvedClientOptions } from "./options.ts";

/** Where a request goes and for which region it is signed. */
export interface Destination {
  /** The endpoint. */
  readonly url: URL;
  /** The region of the signature. */
  readonly region: string;
  /** The region or the custom endpoint, for messages. */
  readonly name: string;
  /**
   * The destination for an account. Present if the destination depends on the account of the
   * credentials.
   */
  readonly ofAccount?: (action: string, accountId?: string) => Destination;
}

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
export class Destinations {
  readonly #options: ResolvedClientOptions;
  readonly #known = new Map<string, Destination>();
  readonly #reading: SharedCall<EndpointSettings>;
  #settings: EndpointSettings | undefined;

  /** Reads nothing before the first call. */
  constructor(options: ResolvedClientOptions) {
    this.#options = options;
    this.#reading = new SharedCall(
      () => resolveEndpointSettings(options),
      options.clock,
    );
  }

  /**
   * The destination of one call. Returns a promise only if the destination is not known yet. The
   * promise rejects with the signal's reason when the signal aborts.
   *
   * @throws {KinesisError} `NoRegion` if the region is not known, `InvalidEndpoint` if a setting or
   * an ARN cannot be used
   */
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
