/**
 * Where a call goes: region, endpoint and signing region from the options, the surroundings and the request.
 *
 * @module
 */
import { resolveEndpoint } from "../_aws/endpoint.ts";
import { raceAbort } from "../_core/race_abort.ts";
import { resolveRegion } from "../credentials/mod.ts";
import { KinesisError } from "../errors.ts";
import { rephrase, type ResolvedClientOptions } from "./options.ts";

/** Where a request goes and for which region it is signed. */
export interface Destination {
  /** The endpoint. */
  readonly url: URL;
  /** The region of the signature. */
  readonly region: string;
  /** The place in words, for messages: the region, or a custom endpoint. */
  readonly name: string;
}

/** What a request says about the resource that it is for. */
interface Target {
  readonly StreamARN?: string;
  readonly ConsumerARN?: string;
  readonly ResourceARN?: string;
}

/** What the surroundings say; asked once. */
interface Surroundings {
  readonly region: string;
  readonly endpoint?: string | URL;
  readonly useFips: boolean;
  readonly useDualStack: boolean;
}

/** Actions with an endpoint of their own in every account. https://docs.aws.amazon.com/general/latest/gr/ak.html */
const DATA_ACTIONS = new Set([
  "GetRecords",
  "GetShardIterator",
  "PutRecord",
  "PutRecords",
  "SubscribeToShard",
]);
/** Emulators live in no region; this is the one that the tools of AWS fall back to. */
const REGION_OF_NOWHERE = "us-east-1";
/** A client that is asked about more ARNs than this forgets them all and starts over. */
const MOST_DESTINATIONS = 1000;

/** Finds destinations, remembers them, and looks into the surroundings once for all calls. */
export class Destinations {
  readonly #options: ResolvedClientOptions;
  readonly #known = new Map<string, Destination>();
  #surroundings: Promise<Surroundings> | undefined;

  /** Nothing is read before the first call. */
  constructor(options: ResolvedClientOptions) {
    this.#options = options;
  }

  /**
   * The destination of one call; not a promise where that is known already.
   *
   * @throws {KinesisError} `NoRegion` if nothing says which region, `InvalidEndpoint` if what was said cannot be used
   */
  of(
    action: string,
    request: Target,
    signal?: AbortSignal,
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
    signal?: AbortSignal,
  ): Promise<Destination> {
    const looking = this.#surroundings ??= this.#lookAround().catch((error) => {
      // A variable may be set by the next time.
      this.#surroundings = undefined;
      throw error;
    });
    try {
      const found = await (signal ? raceAbort(looking, signal) : looking);
      const { url, signingRegion } = resolveEndpoint({
        ...found,
        operationType,
        allowHttp: this.#options.allowHttp,
        streamARN: request.StreamARN,
        consumerARN: request.ConsumerARN,
        resourceARN: request.ResourceARN,
      });
      if (this.#known.size >= MOST_DESTINATIONS) this.#known.clear();
      const name = found.endpoint === undefined ? signingRegion : url.origin;
      const destination = { url, region: signingRegion, name };
      this.#known.set(key, destination);
      return destination;
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new KinesisError(rephrase(cause.message, `Cannot ${action}`), {
        code: "InvalidEndpoint",
        cause,
      });
    }
  }

  async #lookAround(): Promise<Surroundings> {
    const { environment } = this.#options;
    const isOn = (name: string) => this.#env(name)?.toLowerCase() === "true";
    const isIgnored = isOn("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    const endpoint = this.#options.endpoint ??
      (isIgnored ? undefined : this.#env("AWS_ENDPOINT_URL_KINESIS") ??
        this.#env("AWS_ENDPOINT_URL"));
    const region = this.#options.region ?? await resolveRegion(environment) ??
      (endpoint === undefined ? undefined : REGION_OF_NOWHERE);
    if (!region) {
      throw new KinesisError(
        "Cannot find the region: set 'region' of KinesisClient, the variable AWS_REGION, or 'region' of the profile in ~/.aws/config",
        { code: "NoRegion" },
      );
    }
    // An endpoint that the program names goes before wishes of the surroundings.
    const isNamed = this.#options.endpoint !== undefined;
    const wants = (option: boolean | undefined, name: string) =>
      option ?? (!isNamed && isOn(name));
    return {
      region,
      endpoint,
      useFips: wants(this.#options.useFips, "AWS_USE_FIPS_ENDPOINT"),
      useDualStack: wants(
        this.#options.useDualStack,
        "AWS_USE_DUALSTACK_ENDPOINT",
      ),
    };
  }

  /** A variable; one that is empty or may not be read counts as not set. */
  #env(name: string): string | undefined {
    try {
      return this.#options.environment.env(name) || undefined;
    } catch {
      return undefined;
    }
  }
}
