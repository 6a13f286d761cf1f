/**
 * The client of a command, from the options that all commands share.
 *
 * @module
 */
import { KinesisClient } from "../client/mod.ts";
import { type Environment, systemEnvironment } from "../credentials/mod.ts";
import { WrongUsage } from "./_failure.ts";

/** The options that all commands share. */
export interface ConnectionOptions {
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
}

/**
 * Makes the client.
 *
 * @throws {WrongUsage} if an option cannot be used
 */
export function connect(
  { endpoint, region, profile }: ConnectionOptions,
): KinesisClient {
  try {
    return new KinesisClient({
      endpoint,
      region,
      environment: environmentOf(profile),
    });
  } catch (error) {
    const isWrong = error instanceof TypeError || error instanceof RangeError;
    throw isWrong ? new WrongUsage(error.message) : error;
  }
}

/** The variables and files of this machine, with another profile if one is given. */
export function environmentOf(profile: string | undefined): Environment {
  return profile === undefined ? systemEnvironment : {
    ...systemEnvironment,
    env: (name) =>
      name === "AWS_PROFILE" ? profile : systemEnvironment.env(name),
  };
}

/** Whether requests go to another endpoint than that of the region: an emulator or a proxy. */
export function hasEndpoint({ endpoint }: ConnectionOptions): boolean {
  return endpoint !== undefined ||
    ["AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"]
      .some((name) => !!systemEnvironment.env(name));
}
