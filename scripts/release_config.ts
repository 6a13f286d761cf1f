/**
 * What differs between the repository and what is published.
 *
 * @module
 */

/** The parts of deno.json that a release looks at. */
export interface Config {
  /** The version to publish, without a leading `v`. */
  readonly version: string;
  /** Local packages that stand in for those on JSR. */
  readonly links?: readonly string[];
}

/** The package of the standard library that those with a stand-in import themselves. */
const STD_DEPENDENCY = "internal";

/**
 * The configuration without the stand-ins: `@std/*` comes from JSR then, or from a checkout of the standard library when
 * its folder is given.
 */
export function publishedConfig<C extends Config>(
  config: C,
  stdFolder?: string,
): Omit<C, "links"> & { links?: string[] } {
  const { links: standIns = [], ...rest } = config;
  const names = standIns.map((path) => path.replace("./std/", ""));
  return stdFolder === undefined ? rest : {
    ...rest,
    links: [...names, STD_DEPENDENCY].map((name) => `${stdFolder}/${name}`),
  };
}

/** Whether a file of the repository takes part in a release: everything but the stand-ins. */
export function isReleased(path: string): boolean {
  return !path.startsWith("std/");
}

/** Throws unless the tag is the version with a `v` in front and the changelog has a section for it. */
export function checkRelease(
  tag: string,
  { version }: Config,
  changelog: string,
): void {
  if (tag !== `v${version}`) {
    throw new Error(
      `Cannot release as the tag must be "v${version}", the version in deno.json: current value is "${tag}"`,
    );
  }
  if (
    !changelog.split("\n").some((line) => line.startsWith(`## [${version}]`))
  ) {
    throw new Error(
      `Cannot release as CHANGELOG.md has no section "## [${version}]"`,
    );
  }
}
