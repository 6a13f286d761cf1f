/**
 * Where a call goes: region, endpoint and signing region from the options, the surroundings and the request.
 *
 * @module
 */
import { type EndpointOptions, resolveEndpoint } from "../_aws/endpoint.ts";
import { SharedCall } from "../_core/shared_call.ts";
import { KinesisError } from "../errors.ts";
import { lookAround, type Surroundings } from "./_surroundings.ts";
import { rephrase, type ResolvedClientOptions } from "./options.ts";

/** Where a request goes and for which region it is signed. */
export interface Destination {
  /** The endpoint. */
  readonly url: URL;
  /** The region of the signature. */
  readonly region: string;
  /** The place in words, for messages: the region, or a custom endpoint. */
  readonly name: string;
  /** The same for the account of the credentials, where that makes a difference. */
  readonly ofAccount?: (action: string, accountId?: string) => Destination;
}

/** What a request says about the resource that it is for. */
interface Target {
  readonly StreamARN?: string;
  readonly ConsumerARN?: string;
  readonly ResourceARN?: string;
}

/** Actions with an endpoint of their own in every account. https://docs.aws.amazon.com/general/latest/gr/ak.html */
const DATA_ACTIONS = new Set([
  "GetRecords",
  "GetShardIterator",
  "PutRecord",
  "PutRecords",
  "SubscribeToShard",
]);
/** A client that is asked about more ARNs than this forgets them all and starts over. */
const MOST_DESTINATIONS = 1000;

/** Finds destinations, remembers them, and looks into the surroundings once for all calls. */
export class Destinations {
  readonly #options: ResolvedClientOptions;
  readonly #known = new Map<string, Destination>();
  readonly #looking: SharedCall<Surroundings>;
  #surroundings: Surroundings | undefined;

  /** Nothing is read before the first call. */
  constructor(options: ResolvedClientOptions) {
    this.#options = options;
    this.#looking = new SharedCall(() => lookAround(options), options.clock);
  }

  /**
   * The destination of one call; not a promise where that is known already. Rejects with the signal's reason when it aborts.
   *
   * @throws {KinesisError} `NoRegion` if nothing says which region, `InvalidEndpoint` if what was said cannot be used
   */
  of(
    action: string,
    request: Target,
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
    request: Target,
    operationType: "data" | "control",
    key: string,
    signal: AbortSignal,
  ): Promise<Destination> {
    // A failure is not remembered: a variable may be set by the next time.
    const found = this.#surroundings ??= await this.#looking.run(signal);
    const target = {
      operationType,
      streamARN: request.StreamARN,
      consumerARN: request.ConsumerARN,
      resourceARN: request.ResourceARN,
    } as const;
    const hasARN = target.streamARN !== undefined ||
      target.consumerARN !== undefined || target.resourceARN !== undefined;
    const isSettled = hasARN || found.endpoint !== undefined ||
      found.accountIdEndpointMode === "disabled";
    if (isSettled) {
      return this.#remember(key, this.#resolve(action, found, target));
    }
    const ofRegion = { ...found, accountIdEndpointMode: "disabled" } as const;
    return this.#remember(key, {
      ...this.#resolve(action, ofRegion, target),
      ofAccount: (action, accountId) => {
        const key = `${operationType} of ${accountId ?? ""}`;
        return this.#known.get(key) ??
          this.#remember(
            key,
            this.#resolve(action, found, { ...target, accountId }),
          );
      },
    });
  }

  #remember(key: string, destination: Destination): Destination {
    if (this.#known.size >= MOST_DESTINATIONS) this.#known.clear();
    this.#known.set(key, destination);
    return destination;
  }

  #resolve(
    action: string,
    found: Surroundings,
    target: Pick<
      EndpointOptions,
      | "operationType"
      | "streamARN"
      | "consumerARN"
      | "resourceARN"
      | "accountId"
    >,
  ): Destination {
    const { allowHttp } = this.#options;
    try {
      const { url, signingRegion } = resolveEndpoint({
        ...found,
        ...target,
        allowHttp,
      });
      const name = found.endpoint === undefined ? signingRegion : url.origin;
      return { url, region: signingRegion, name };
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new KinesisError(rephrase(cause.message, `Cannot ${action}`), {
        code: "InvalidEndpoint",
        cause,
      });
    }
  }
}
