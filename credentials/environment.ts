/**
 * What credentials need of the machine: variables, files and commands, behind one small interface.
 *
 * @module
 */
import { CredentialsError } from "../errors.ts";

/** The machine as credential providers see it. Give your own where the runtime has no files or for tests. */
export interface Environment {
  /** The value of an environment variable. May throw if it may not be read, which counts as not set. */
  env(name: string): string | undefined;
  /** The text of a file. Rejects if there is none or it may not be read. */
  readTextFile(path: string): Promise<string>;
  /** What a command line prints when run by the shell. Rejects if it fails; absent where there are no commands. */
  runCommand?(
    command: string,
    options: { signal: AbortSignal },
  ): Promise<string>;
}

/** What {@linkcode systemEnvironment} uses of Deno. */
interface DenoLike {
  env: { get(name: string): string | undefined };
  readTextFile(path: string): Promise<string>;
  build: { os: string };
  Command: new (
    command: string,
    options: { args: string[]; stdin: "null"; signal: AbortSignal },
  ) => { output(): Promise<{ success: boolean; stdout: Uint8Array }> };
}

/** What {@linkcode systemEnvironment} uses of Node and Bun. */
interface ProcessLike {
  env: Record<string, string | undefined>;
  getBuiltinModule?(name: "node:fs/promises"): {
    readFile(path: string, encoding: "utf8"): Promise<string>;
  };
  getBuiltinModule?(name: "node:child_process"): {
    exec(
      command: string,
      options: { signal: AbortSignal },
      callback: (error: Error | null, stdout: string) => void,
    ): void;
  };
}

/**
 * The environment of the runtime: Deno, or whatever offers `process` as Node and Bun do, or one without anything.
 * Looks at the runtime when a value is asked for, never before.
 */
export const systemEnvironment: Environment = {
  env(name) {
    const { deno, process } = runtime();
    return deno ? deno.env.get(name) : process?.env?.[name];
  },

  async readTextFile(path) {
    const { deno, process } = runtime();
    if (deno) return await deno.readTextFile(path);
    const fs = process?.getBuiltinModule?.("node:fs/promises");
    if (!fs) throw new Error("this runtime offers no files");
    return await fs.readFile(path, "utf8");
  },

  async runCommand(command, { signal }) {
    const { deno, process } = runtime();
    if (deno) {
      const [shell, flag] = deno.build.os === "windows"
        ? ["cmd", "/C"]
        : ["sh", "-c"];
      const { success, stdout } = await new deno.Command(shell!, {
        args: [flag!, command],
        stdin: "null",
        signal,
      }).output();
      // Neither output nor command line go into errors: both may hold secrets.
      if (!success) throw new Error("the command failed");
      return new TextDecoder().decode(stdout);
    }
    const child = process?.getBuiltinModule?.("node:child_process");
    if (!child) throw new Error("this runtime offers no commands");
    return await new Promise((resolve, reject) => {
      child.exec(command, { signal }, (error, stdout) => {
        if (error) reject(new Error("the command failed"));
        else resolve(stdout);
      });
    });
  },
};

function runtime(): { deno?: DenoLike; process?: ProcessLike } {
  const { Deno, process } = globalThis as {
    Deno?: DenoLike;
    process?: ProcessLike;
  };
  return { deno: Deno, process };
}

/** The value of a variable, or why there is none. */
export interface EnvLookup {
  /** The value; never the empty string. */
  readonly value?: string;
  /** For people, where there is no value. */
  readonly reason: string;
}

/** Looks up a variable; one that may not be read or is empty counts as not set. */
export function lookUpEnv(environment: Environment, name: string): EnvLookup {
  try {
    const value = environment.env(name);
    return { ...(value ? { value } : {}), reason: `${name} is not set` };
  } catch (error) {
    return { reason: `${name} cannot be read (${reasonOf(error)})` };
  }
}

/** The value of a variable that may be missing. */
export function envOf(
  environment: Environment,
  name: string,
): string | undefined {
  return lookUpEnv(environment, name).value;
}

/** The first line of an error's message, which is short enough to be part of another. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0]!;
}

/** The error of a source that is not set up here: a chain goes on to its next one. */
export function notConfigured(reason: string): CredentialsError {
  return new CredentialsError(reason, { code: "NoCredentials" });
}

/** The error of a source that is set up and does not work: a chain ends, so that nothing runs as somebody else by accident. */
export function unusable(
  reason: string,
  options: { retryable?: boolean; cause?: unknown } = {},
): CredentialsError {
  return new CredentialsError(reason, {
    code: "CredentialsUnavailable",
    ...options,
  });
}
