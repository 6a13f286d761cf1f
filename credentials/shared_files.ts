/**
 * Reads the shared files `config` and `credentials`, and their profiles.
 *
 * @see {@link https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html}
 * @module
 */
import { type Environment, envOf, lookUpEnv, reasonOf } from "./environment.ts";
import { type IniFile, type IniSection, parseIni } from "./_ini.ts";

/** The content of both files. */
export interface SharedFiles {
  /** Profiles by name. Settings of the credentials file replace those of the config file. */
  readonly profiles: ReadonlyMap<string, IniSection>;
  /** Sections `sso-session` by name. */
  readonly ssoSessions: ReadonlyMap<string, IniSection>;
  /** Sections `services` by name. */
  readonly services: ReadonlyMap<string, IniSection>;
  /** Why a file could not be read: one sentence per file. */
  readonly problems: readonly string[];
}

/** A profile, for settings other than credentials. */
export interface Profile {
  /** The name of the profile. */
  readonly name: string;
  /** The settings. Empty if the profile does not exist. */
  readonly settings: IniSection;
  /** The section that the setting `services` names. Absent if there is no such section. */
  readonly services?: IniSection;
}

/**
 * Reads a profile: `profile`, else that of `AWS_PROFILE`, else `default`. A file that cannot be
 * read counts as empty.
 */
export async function loadProfile(
  environment: Environment,
  profile?: string,
): Promise<Profile> {
  const name = profileNameOf(environment, profile);
  const { profiles, services } = await loadSharedFiles(environment);
  const settings: IniSection = profiles.get(name) ?? new Map();
  return {
    name,
    settings,
    services: services.get(settings.get("services") ?? ""),
  };
}

/** Reads both files. A file that cannot be read counts as empty and is listed in `problems`. */
export async function loadSharedFiles(
  environment: Environment,
): Promise<SharedFiles> {
  const problems: string[] = [];
  const load = async (variable: string, name: string): Promise<IniFile> => {
    const path = envOf(environment, variable) ??
      homePath(environment, [".aws", name]);
    if (!path) {
      const { reason } = lookUpEnv(environment, "HOME");
      problems.push(`${name} file: ${reason}`);
      return new Map();
    }
    try {
      return parseIni(await environment.readTextFile(expandHome(path)));
    } catch (error) {
      problems.push(`${path}: ${reasonOf(error)}`);
      return new Map();
    }
  };
  const expandHome = (path: string) =>
    /^~[/\\]/.test(path)
      ? homePath(environment, [path.slice(2)]) ?? path
      : path;
  const [config, credentials] = await Promise.all([
    load("AWS_CONFIG_FILE", "config"),
    load("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
  ]);
  return { ...merge(config, credentials), problems };
}

/** The name of the profile: `profile`, else that of `AWS_PROFILE`, else `default`. */
export function profileNameOf(
  environment: Environment,
  profile: string | undefined,
): string {
  return profile ?? envOf(environment, "AWS_PROFILE") ?? "default";
}

/** A path in the user's home directory. `undefined` if the directory is not known. */
export function homePath(
  environment: Environment,
  segments: string[],
): string | undefined {
  const home = envOf(environment, "HOME") ?? envOf(environment, "USERPROFILE");
  return home && [home, ...segments].join("/");
}

const TYPED = /^(profile|sso-session|services) (.+)$/;

function merge(config: IniFile, credentials: IniFile) {
  const profiles = new Map<string, Map<string, string>>();
  const ssoSessions = new Map<string, IniSection>();
  const services = new Map<string, IniSection>();
  const add = (name: string, settings: IniSection) => {
    profiles.set(name, new Map([...profiles.get(name) ?? [], ...settings]));
  };
  // "[default]" is ignored if "[profile default]" has settings, as in the AWS SDKs.
  const plain = config.get("default");
  if (plain && !config.get("profile default")?.size) add("default", plain);
  for (const [section, settings] of config) {
    const [, type, name] = TYPED.exec(section) ?? [];
    if (type === "profile") add(name!, settings);
    else if (type === "sso-session") ssoSessions.set(name!, settings);
    else if (type === "services") services.set(name!, settings);
  }
  // In the credentials file, the name of a section is that of the profile, without a type.
  for (const [name, settings] of credentials) {
    if (!TYPED.test(name)) add(name, settings);
  }
  return { profiles, ssoSessions, services };
}
