/**
 * The differences between the repository and a release.
 *
 * @module
 */

/** The parts of deno.json that a release reads. */
export interface Config {
  /** The version to publish, without a leading `v`. */
  readonly version: string;
  /** Paths of local packages that replace packages of JSR. */
  readonly links?: readonly string[];
}

/** The package of the standard library that the packages with a stand-in import. */
const STD_DEPENDENCY = "internal";

/**
 * The configuration without the stand-ins: `@std/*` then comes from JSR, or from the checkout of
 * the standard library in `stdFolder`.
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

/** Whether a file of the repository is part of a release: all files are, except the stand-ins. */
export function isReleased(path: string): boolean {
  return !path.startsWith("std/");
}

/** Throws unless the tag is `v` and the version, and the changelog has a section for the version. */
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
