import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { createCredentials, staticCredentials } from "../../credentials/mod.ts";
import { CredentialsError } from "../../errors.ts";

const fields = {
  accessKeyId: "AKIA",
  secretAccessKey: "hush-secret",
  sessionToken: "hush-token",
  expiration: new Date("2026-01-01T00:00:00Z"),
  accountId: "123456789012",
};

Deno.test("createCredentials makes an object whose fields can be read", () => {
  const credentials = createCredentials(fields);
  assertEquals(credentials.accessKeyId, fields.accessKeyId);
  assertEquals(credentials.secretAccessKey, fields.secretAccessKey);
  assertEquals(credentials.sessionToken, fields.sessionToken);
  assertEquals(credentials.expiration, fields.expiration);
  assertEquals(credentials.accountId, fields.accountId);
});

Deno.test("createCredentials never shows secrets however the object is printed", async () => {
  const credentials = createCredentials(fields);
  const nested = { list: [credentials], map: new Map([["c", credentials]]) };
  const { inspect, format } = await import("node:util");
  const error = new Error("failed", { cause: credentials });
  const printed = [
    String(credentials),
    `${credentials}`,
    JSON.stringify(credentials),
    JSON.stringify(nested),
    JSON.stringify({ ...credentials }),
    Deno.inspect(credentials),
    Deno.inspect(nested, { depth: 9, showHidden: true, getters: true }),
    Deno.inspect({ ...credentials }),
    Deno.inspect(error),
    inspect(credentials, { showHidden: true, getters: true }),
    inspect(nested, { depth: 9, showHidden: true }),
    format("%o %O %s %j", credentials, credentials, credentials, credentials),
    Object.entries(credentials).flat().join(),
    Deno.inspect(staticCredentials(fields)),
  ];
  for (const text of printed) assertFalse(text.includes("hush"), text);
});

Deno.test("createCredentials refuses what no header can carry without showing it", () => {
  for (const field of ["accessKeyId", "secretAccessKey", "sessionToken"]) {
    for (const value of ["hush\n", "hush\u20ac", "\u0000hush"]) {
      const error = assertThrows(
        () => createCredentials({ ...fields, [field]: value }),
        CredentialsError,
        `'${field}' has a space, a line break`,
      );
      assertEquals(error.code, "InvalidCredentials");
      assertFalse(Deno.inspect(error).includes("hush"));
    }
  }
});

Deno.test("staticCredentials always resolves with the given keys", async () => {
  const provider = staticCredentials(fields);
  assertEquals((await provider()).secretAccessKey, fields.secretAccessKey);
  assertEquals(await provider(), await provider());
});

Deno.test("staticCredentials refuses missing keys without showing the others", () => {
  const error = assertThrows(
    () => staticCredentials({ ...fields, accessKeyId: "" }),
    TypeError,
    "'accessKeyId' must be a non-empty string",
  );
  assertFalse(Deno.inspect(error).includes("hush"));
});
