/**
 * Finds the region in the environment and the shared files.
 *
 * @module
 */
import { type Environment, envOf, systemEnvironment } from "./environment.ts";
import { loadProfile } from "./shared_files.ts";

/**
 * Finds the region: `AWS_REGION`, then `AWS_DEFAULT_REGION`, then `region` of the profile in the
 * shared files. Resolves with `undefined` if none is set. A variable or file that cannot be read
 * counts as not set.
 *
 * @example
 * ```ts
 * import { resolveRegion } from "@webstreams/kinesis/credentials";
 * import { assertEquals } from "@std/assert";
 *
 * const region = await resolveRegion({
 *   env: (name) => name === "AWS_REGION" ? "eu-central-1" : undefined,
 *   readTextFile: () => Promise.reject(new Error("no files here")),
 * });
 * assertEquals(region, "eu-central-1");
 * ```
 */
export async function resolveRegion(
  environment: Environment = systemEnvironment,
  options: { profile?: string } = {},
): Promise<string | undefined> {
  const region = envOf(environment, "AWS_REGION") ??
    envOf(environment, "AWS_DEFAULT_REGION");
  if (region) return region;
  const { settings } = await loadProfile(environment, options.profile);
  return settings.get("region");
}
