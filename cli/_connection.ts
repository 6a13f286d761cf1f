/**
 * The client of a command, from the options that all commands share.
 *
 * @module
 */
import { KinesisClient } from "../client/mod.ts";
import { systemEnvironment } from "../credentials/mod.ts";

/** The options that all commands share. */
export interface ConnectionOptions {
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
}

/** Makes the client. */
export function connect(
  { endpoint, region, profile }: ConnectionOptions,
): KinesisClient {
  const environment = environmentOf(profile);
  return new KinesisClient({ endpoint, region, environment });
}

/** The environment with another profile than that of the system. */
export function environmentOf(
  profile: string | undefined,
): typeof systemEnvironment {
  return profile === undefined ? systemEnvironment : {
    ...systemEnvironment,
    env: (name: string) =>
      name === "AWS_PROFILE" ? profile : systemEnvironment.env(name),
  };
}
