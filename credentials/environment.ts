/**
 * The variables, files and commands of the machine, behind one small interface.
 *
 * @module
 */
import { CredentialsError } from "../errors.ts";

/**
 * The variables, files and commands that credential providers use. Pass your own object in tests,
 * or if the runtime has no files.
 */
export interface Environment {
  /** The value of an environment variable. If it throws, the variable counts as not set. */
  env(name: string): string | undefined;
  /** The text of a file. Rejects if the file is missing or cannot be read. */
  readTextFile(path: string): Promise<string>;
  /** Runs a command line in the shell and returns its output. Rejects if it fails. Optional. */
  runCommand?(
    command: string,
    options: { signal: AbortSignal },
  ): Promise<string>;
}

/** The part of `Deno` that {@linkcode systemEnvironment} uses. */
interface DenoLike {
  env: { get(name: string): string | undefined };
  readTextFile(path: string): Promise<string>;
  build: { os: string };
  Command: new (
    command: string,
    options: { args: string[]; stdin: "null"; signal: AbortSignal },
  ) => { output(): Promise<{ success: boolean; stdout: Uint8Array }> };
}

/** The part of `process` of Node.js and Bun that {@linkcode systemEnvironment} uses. */
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
 * The environment of the runtime: of Deno, or of a runtime with `process` such as Node.js and Bun.
 * Elsewhere it has no variables and no files. It looks for the runtime at each call, not at import.
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
      // The error shows neither the output nor the command line: both may hold secrets.
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

/** The value of a variable, or the reason why there is none. */
export interface EnvLookup {
  /** The value. Never an empty text. */
  readonly value?: string;
  /** Why there is no value, for messages. */
  readonly reason: string;
}

/** Looks up a variable. It counts as not set if it is empty or cannot be read. */
export function lookUpEnv(environment: Environment, name: string): EnvLookup {
  try {
    const value = environment.env(name);
    return { ...(value ? { value } : {}), reason: `${name} is not set` };
  } catch (error) {
    return { reason: `${name} cannot be read (${reasonOf(error)})` };
  }
}

/** The value of a variable. `undefined` if it is not set, is empty or cannot be read. */
export function envOf(
  environment: Environment,
  name: string,
): string | undefined {
  return lookUpEnv(environment, name).value;
}

/** The first line of an error's message, for use in another message. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0]!;
}

/** The error of a source that is not configured. A chain continues with the next source. */
export function notConfigured(reason: string): CredentialsError {
  return new CredentialsError(reason, { code: "NoCredentials" });
}

/**
 * The error of a source that is configured and does not work. A chain ends with it, since the next
 * source may belong to another identity.
 */
export function unusable(
  reason: string,
  options: { retryable?: boolean; cause?: unknown } = {},
): CredentialsError {
  return new CredentialsError(reason, {
    code: "CredentialsUnavailable",
    ...options,
  });
}
