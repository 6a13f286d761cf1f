/**
 * CloudWatch among AWS services: its protocol, and advice about its errors.
 *
 * @module
 */
import { commonHintFor } from "../_aws/error_hints.ts";
import { plainJsonCodec } from "../_aws/plain_json_codec.ts";
import {
  resolveServiceOptions,
  type ServiceOptions,
} from "../_service/options.ts";
import { RegionalDestination } from "../_service/regional_destination.ts";
import type { Service } from "../_service/service.ts";
import { Transport } from "../_service/transport.ts";

/** CloudWatch. */
const CLOUDWATCH: Service = {
  name: "CloudWatch",
  owner: "streamMetrics",
  signingName: "monitoring",
  targetPrefix: "GraniteServiceVersion20100801",
  settingsName: "CLOUDWATCH",
  codecOf: () => plainJsonCodec,
  hintFor(code, action) {
    return code === "AccessDenied" || code === "AccessDeniedException"
      ? `Allow cloudwatch:${action} for * in the policy of the credentials in use`
      : commonHintFor(code, "CloudWatch");
  },
};

/** Checks the options and makes the sender of requests. `what` starts the error messages. */
export function cloudWatch(what: string, options: ServiceOptions): Transport {
  const resolved = resolveServiceOptions(what, options);
  return new Transport({
    service: CLOUDWATCH,
    options: resolved,
    codec: plainJsonCodec,
    destinations: new RegionalDestination(CLOUDWATCH, resolved),
  });
}
