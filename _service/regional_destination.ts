/**
 * The destination of the calls to a service that has one endpoint for each region.
 *
 * @module
 */
import { resolveRegionalEndpoint } from "../_aws/regional_endpoint.ts";
import { SharedCall } from "../_core/shared_call.ts";
import { KinesisError } from "../errors.ts";
import type { Destination, DestinationFinder } from "./destination.ts";
import {
  type EndpointSettings,
  resolveEndpointSettings,
} from "./endpoint_settings.ts";
import type { ResolvedServiceOptions } from "./options.ts";
import type { Service } from "./service.ts";

/** The one destination of all calls. Reads variables and files once, before the first call. */
export class RegionalDestination implements DestinationFinder {
  readonly #service: Service;
  readonly #options: ResolvedServiceOptions;
  readonly #reading: SharedCall<EndpointSettings>;
  #found: Destination | undefined;

  /** Reads nothing before the first call. The service is signed for by its name in host names. */
  constructor(service: Service, options: ResolvedServiceOptions) {
    this.#service = service;
    this.#options = options;
    this.#reading = new SharedCall(
      () => resolveEndpointSettings(options, service),
      options.clock,
    );
  }

  /** See {@linkcode DestinationFinder.of}. */
  of(
    action: string,
    _request: object,
    signal: AbortSignal,
  ): Destination | Promise<Destination> {
    return this.#found ?? this.#find(`Cannot ${action}`, signal);
  }

  async #find(what: string, signal: AbortSignal): Promise<Destination> {
    const settings = await this.#reading.run(signal);
    const { allowHttp } = this.#options;
    try {
      const { url, signingRegion: region } = resolveRegionalEndpoint({
        what,
        service: this.#service.signingName,
        ...settings,
        allowHttp,
      });
      const name = settings.endpoint === undefined ? region : url.origin;
      return this.#found = { url, region, name };
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw new KinesisError(cause.message, { code: "InvalidEndpoint", cause });
    }
  }
}
