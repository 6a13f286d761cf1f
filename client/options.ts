/**
 * The options of the client and their defaults.
 *
 * @module
 */
import { OptionCheck } from "../_core/option_check.ts";
import {
  ACCOUNT_ID_ENDPOINT_MODES,
  type AccountIdEndpointMode,
  type ResolvedServiceOptions,
  resolveServiceOptions,
  type ServiceOptions,
} from "../_service/options.ts";

/** The encoding of requests and answers. Both carry the same data. */
export type Protocol = "json" | "cbor";

/** Options of a {@linkcode KinesisClient}. All are optional. */
export interface KinesisClientOptions extends ServiceOptions {
  /**
   * The URL that requests are sent to, in place of the endpoint of the region: an emulator, a proxy
   * or a private endpoint. Default: the first of these that is set, else the endpoint of the
   * region:
   *
   * 1. `AWS_ENDPOINT_URL_KINESIS`
   * 2. `AWS_ENDPOINT_URL`
   * 3. `endpoint_url` for `kinesis` in the `services` section of the profile
   * 4. `endpoint_url` of the profile
   *
   * All four are ignored if `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`, or
   * `ignore_configured_endpoint_urls` of the profile, is `true`.
   */
  endpoint?: string | URL;
  /**
   * The endpoint of a request without an ARN. `"preferred"`: the endpoint of the account if the
   * credentials name their account, else that of the region. `"required"`: the endpoint of the
   * account; the call fails if the account is not known. `"disabled"`: the endpoint of the region.
   * Without effect if there is a custom endpoint.
   * @default {AWS_ACCOUNT_ID_ENDPOINT_MODE, then the profile, then "preferred"}
   */
  accountIdEndpointMode?: AccountIdEndpointMode;
  /**
   * The encoding. `"cbor"` is a quarter smaller, and faster to write, sign and read. `"json"` works
   * with every emulator.
   * @default {"json"}
   */
  protocol?: Protocol;
}

/** The options with their defaults. */
export type ResolvedClientOptions =
  & ResolvedServiceOptions
  & { readonly protocol: Protocol };

const WHAT = "Cannot create KinesisClient";

/** Checks the options and fills in the defaults. Does not change the caller's object. */
export function resolveClientOptions(
  options: KinesisClientOptions,
): ResolvedClientOptions {
  const others = ["accountIdEndpointMode", "protocol"];
  const service = resolveServiceOptions(WHAT, options, others);
  const check = new OptionCheck(WHAT);
  return {
    ...service,
    accountIdEndpointMode: check.choice(
      "accountIdEndpointMode",
      options.accountIdEndpointMode,
      ACCOUNT_ID_ENDPOINT_MODES,
      undefined,
    ),
    protocol: check.choice(
      "protocol",
      options.protocol,
      ["json", "cbor"],
      "json",
    ),
  };
}
