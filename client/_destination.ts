/**
 * Where a call goes.
 *
 * @module
 */
const env = (_: string): string | undefined => undefined;
import { KinesisError } from "../errors.ts";
import type { Destination } from "./_transport.ts";
import type { ResolvedClientOptions } from "./options.ts";

/** The endpoint and signing region for the client's options. */
export function destinationOf(options: ResolvedClientOptions): Destination {
  const region = options.region ?? env("AWS_REGION") ??
    env("AWS_DEFAULT_REGION");
  if (options.endpoint) {
    return { url: options.endpoint, region: region ?? "us-east-1" };
  }
  if (!region) {
    throw new KinesisError("no region", { code: "NoRegion" });
  }
  return { url: new URL(`https://kinesis.${region}.amazonaws.com/`), region };
}
