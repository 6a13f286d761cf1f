import { assertEquals, assertRejects } from "@std/assert";
import { CredentialsError } from "../../errors.ts";
import { fromEnvironment, systemEnvironment } from "../../credentials/mod.ts";
import { FakeEnvironment } from "./support.ts";

Deno.test("fromEnvironment reads all five variables", async () => {
  const environment = new FakeEnvironment({
    AWS_ACCESS_KEY_ID: "AKIA",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_SESSION_TOKEN: "token",
    AWS_CREDENTIAL_EXPIRATION: "2026-01-01T00:00:00Z",
    AWS_ACCOUNT_ID: "123456789012",
  });
  const credentials = await fromEnvironment({ environment })();
  assertEquals(credentials.accessKeyId, "AKIA");
  assertEquals(credentials.secretAccessKey, "secret");
  assertEquals(credentials.sessionToken, "token");
  assertEquals(credentials.expiration, new Date("2026-01-01T00:00:00Z"));
  assertEquals(credentials.accountId, "123456789012");
});

Deno.test("fromEnvironment says which variable is missing", async () => {
  const environment = new FakeEnvironment({ AWS_ACCESS_KEY_ID: "AKIA" });
  const error = await assertRejects(
    fromEnvironment({ environment }),
    CredentialsError,
    "AWS_SECRET_ACCESS_KEY is not set",
  );
  assertEquals(error.code, "NoCredentials");
  environment.variables.AWS_SECRET_ACCESS_KEY = "secret";
  environment.variables.AWS_CREDENTIAL_EXPIRATION = "soon";
  await assertRejects(
    fromEnvironment({ environment }),
    CredentialsError,
    "AWS_CREDENTIAL_EXPIRATION: the expiration is not a time",
  );
});

Deno.test({
  name: "fromEnvironment counts a variable that may not be read as not set",
  permissions: { env: ["AWS_SECRET_ACCESS_KEY"] },
  fn: async () => {
    await assertRejects(
      fromEnvironment({ environment: systemEnvironment }),
      CredentialsError,
      "AWS_ACCESS_KEY_ID cannot be read (Requires env access",
    );
  },
});

Deno.test("systemEnvironment reads variables and files and runs commands in Deno", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "content");
    assertEquals(await systemEnvironment.readTextFile(path), "content");
  } finally {
    await Deno.remove(path);
  }
  const signal = new AbortController().signal;
  assertEquals(
    await systemEnvironment.runCommand!(`echo "a b"`, { signal }),
    "a b\n",
  );
  const error = await assertRejects(
    () => systemEnvironment.runCommand!("echo hush >&2; exit 3", { signal }),
    Error,
  );
  assertEquals(error.message, "the command failed");
  assertEquals(systemEnvironment.env("AWS_NO_SUCH_VARIABLE"), undefined);
});

/** Runs `use` as if the runtime were one without Deno and with this `process`. */
async function inRuntime(process: unknown, use: () => Promise<void>) {
  const saved = ["Deno", "process"].map((name) =>
    [name, Object.getOwnPropertyDescriptor(globalThis, name)!] as const
  );
  try {
    for (const [name] of saved) {
      const value = name === "process" ? process : undefined;
      Object.defineProperty(globalThis, name, { value, configurable: true });
    }
    await use();
  } finally {
    for (const [name, descriptor] of saved) {
      Object.defineProperty(globalThis, name, descriptor);
    }
  }
}

Deno.test("systemEnvironment uses the built-in modules of process where there is no Deno", async () => {
  const modules: Record<string, unknown> = {
    "node:fs/promises": {
      readFile: (path: string, encoding: string) =>
        Promise.resolve(`${path} as ${encoding}`),
    },
    "node:child_process": {
      exec: (
        command: string,
        _options: unknown,
        callback: (error: Error | null, stdout: string) => void,
      ) => callback(command === "bad" ? new Error("hush") : null, "output"),
    },
  };
  const process = {
    env: { A: "1" },
    getBuiltinModule: (name: string) => modules[name],
  };
  await inRuntime(process, async () => {
    const { env, readTextFile, runCommand } = systemEnvironment;
    const { signal } = new AbortController();
    assertEquals([env("A"), env("B")], ["1", undefined]);
    assertEquals(await readTextFile("/f"), "/f as utf8");
    assertEquals(await runCommand!("good", { signal }), "output");
    const error = await assertRejects(
      () => runCommand!("bad", { signal }),
      Error,
    );
    assertEquals(error.message, "the command failed");
  });
});

Deno.test("systemEnvironment has nothing where the runtime offers nothing", async () => {
  for (const process of [undefined, {}, { env: {} }]) {
    await inRuntime(process, async () => {
      assertEquals(systemEnvironment.env("PATH"), undefined);
      await assertRejects(
        () => systemEnvironment.readTextFile("/etc/hostname"),
        Error,
        "this runtime offers no files",
      );
      const { signal } = new AbortController();
      await assertRejects(
        () => systemEnvironment.runCommand!("true", { signal }),
        Error,
        "this runtime offers no commands",
      );
    });
  }
});
