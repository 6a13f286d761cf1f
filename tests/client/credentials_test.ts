import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { type Credentials, KinesisClient } from "../../client/mod.ts";
import {
  cachedCredentials,
  createCredentials,
  defaultCredentials,
  fromSharedFiles,
  staticCredentials,
} from "../../credentials/mod.ts";
import { CredentialsError, KinesisError, ServiceError } from "../../errors.ts";
import { failure, ok, stub } from "./_stub_fetch.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG";
const TOKEN = "FwoGZXIvYXdzEXAMPLETOKEN";

const idOf = (headers: Headers) =>
  headers.get("authorization")!.match(/Credential=([^/]+)/)![1];

Deno.test("KinesisClient asks a function again only shortly before its credentials expire", async () => {
  let asked = 0;
  const { client, clock, sent, run } = stub(() => ok(), {
    credentials: () =>
      Promise.resolve({
        accessKeyId: `id${++asked}`,
        secretAccessKey: SECRET,
        expiration: new Date(clock.now() + 3_600_000),
      }),
  });
  await run(Promise.all([1, 2, 3].map(() => client.listStreams())));
  await run(client.listStreams());
  assertEquals(asked, 1);
  await clock.advance(3_600_000 - 299_000);
  // The old ones are good yet: this request does not wait for the new ones.
  await run(client.listStreams());
  await run(client.listStreams());
  assertEquals(asked, 2);
  assertEquals(sent.map(({ headers }) => idOf(headers)).slice(-2), [
    "id1",
    "id2",
  ]);
});

Deno.test("KinesisClient renews an expired token once and tries again at once", async () => {
  let asked = 0;
  const credentials = (expiration?: Date) => () =>
    Promise.resolve({
      accessKeyId: `id${++asked}`,
      secretAccessKey: SECRET,
      sessionToken: TOKEN,
      expiration,
    });
  for (const expiration of [undefined, new Date(2e12)]) {
    asked = 0;
    const { client, clock, sent, run } = stub(
      (_, n) => n === 0 ? failure("ExpiredTokenException") : ok(),
      { credentials: credentials(expiration), retry: { maxAttempts: 1 } },
    );
    const started = clock.now();
    await run(client.listStreams());
    assertEquals(sent.map(({ headers }) => idOf(headers)), ["id1", "id2"]);
    assertEquals(clock.now(), started);
  }
  const { client, sent, run } = stub(() => failure("ExpiredTokenException"), {
    credentials: credentials(),
  });
  const error = await assertRejects(
    () => run(client.listStreams()),
    ServiceError,
    "get new credentials",
  );
  assertEquals([error.code, sent.length], ["ExpiredTokenException", 3]);
  const fixed = stub(() => failure("ExpiredTokenException"));
  await assertRejects(
    () => fixed.run(fixed.client.listStreams()),
    ServiceError,
  );
  assertEquals(fixed.sent.length, 1);
});

Deno.test("KinesisClient finds credentials in the environment when it is given none", async () => {
  const variables: Record<string, string> = {
    AWS_ACCESS_KEY_ID: "AKIAENV",
    AWS_SECRET_ACCESS_KEY: SECRET,
    AWS_SESSION_TOKEN: TOKEN,
  };
  const { client, sent, run } = stub(() => ok(), {
    credentials: undefined,
    environment: {
      env: (name) => variables[name],
      readTextFile: () => Promise.reject(new Error("no files")),
    },
  });
  await run(client.listStreams());
  assertEquals(idOf(sent[0]!.headers), "AKIAENV");
  assertEquals(sent[0]!.headers.get("x-amz-security-token"), TOKEN);
});

Deno.test("KinesisClient asks containers for credentials through its own fetch", async () => {
  const asked: string[] = [];
  const client = new KinesisClient({
    region: "eu-west-1",
    environment: {
      env: (name) =>
        name === "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
          ? "/creds"
          : undefined,
      readTextFile: () => Promise.reject(new Error("no files")),
    },
    fetch: (url) => {
      asked.push(String(url));
      return Promise.resolve(
        String(url).endsWith("/creds")
          ? Response.json({
            AccessKeyId: "ASIA",
            SecretAccessKey: SECRET,
            Token: TOKEN,
            Expiration: new Date(Date.now() + 3_600_000),
          })
          : ok(),
      );
    },
  });
  await client.listStreams();
  await client.listStreams();
  assertEquals(asked, [
    "http://169.254.170.2/creds",
    "https://kinesis.eu-west-1.amazonaws.com/",
    "https://kinesis.eu-west-1.amazonaws.com/",
  ]);
});

Deno.test("KinesisClient refuses keys that no header could carry, without showing them", async () => {
  for (
    const field of ["accessKeyId", "secretAccessKey", "sessionToken"] as const
  ) {
    const bad: Credentials = {
      accessKeyId: "id",
      secretAccessKey: SECRET,
      sessionToken: TOKEN,
      [field]: `${SECRET}\n`,
    };
    const early = assertThrows(
      () => new KinesisClient({ credentials: bad }),
      CredentialsError,
      field,
    );
    assertFalse(Deno.inspect(early).includes(SECRET));
    const { client, sent, run } = stub(() => ok(), {
      credentials: () => Promise.resolve(bad),
    });
    const late = await assertRejects(
      () => run(client.listStreams()),
      CredentialsError,
      field,
    );
    assertFalse(Deno.inspect(late).includes(SECRET));
    assertEquals(sent.length, 0);
  }
});

Deno.test("KinesisClient refuses static keys that are missing, empty or no text when it is made, without showing them", () => {
  const good = { accessKeyId: "id", secretAccessKey: SECRET };
  for (
    const [credentials, text] of [
      [{ ...good, accessKeyId: "" }, "'accessKeyId'"],
      [{ ...good, accessKeyId: undefined }, "'accessKeyId'"],
      [{ ...good, accessKeyId: 7 }, "'accessKeyId'"],
      [{ accessKeyId: SECRET, secretAccessKey: "" }, "'secretAccessKey'"],
      [{ accessKeyId: SECRET }, "'secretAccessKey'"],
      [{ ...good, secretAccessKey: [SECRET] }, "'secretAccessKey'"],
      [{ ...good, sessionToken: [SECRET] }, "'sessionToken'"],
      [{ ...good, accountId: 123456789012 }, "'accountId'"],
      [{ ...good, expiration: "2026-01-01" }, "'expiration'"],
      [{ ...good, expiration: new Date(NaN) }, "'expiration'"],
      [[SECRET, SECRET], "'accessKeyId'"],
    ] as const
  ) {
    const error = assertThrows(
      () => new KinesisClient({ credentials: credentials as never }),
      CredentialsError,
      text,
    );
    assertStringIncludes(error.message, "Cannot create KinesisClient");
    assertEquals([error.code, error.retryable], ["InvalidCredentials", false]);
    assertFalse(printed(error).includes(SECRET), text);
  }
  for (const credentials of [SECRET, null, 7, true]) {
    const error = assertThrows(
      () => new KinesisClient({ credentials: credentials as never }),
      TypeError,
      "'credentials' must be",
    );
    assertFalse(printed(error).includes(SECRET));
  }
  new KinesisClient({ credentials: { ...good, sessionToken: undefined } });
});

/** Everything that a program may print of a value, with all that hangs on it. */
function printed(value: unknown): string {
  const texts = [
    String(value),
    Deno.inspect(value, { depth: 20, showHidden: true }),
    JSON.stringify(value) ?? "",
  ];
  if (value instanceof Error) {
    texts.push(value.stack ?? "", JSON.stringify({ ...value }));
    if (value.cause) texts.push(printed(value.cause));
  }
  return texts.join("\n");
}

Deno.test("KinesisClient never shows a secret: not in errors, hooks, text, inspection or JSON", async () => {
  const given = {
    accessKeyId: "AKIA",
    secretAccessKey: SECRET,
    sessionToken: TOKEN,
  };
  const shown: string[] = [];
  for (const credentials of [given, () => Promise.resolve(given)]) {
    for (
      const answer of [
        () => failure("AccessDeniedException"),
        () => failure("ExpiredTokenException"),
        () => failure("InvalidSignatureException", 403),
        () => new Response("<html>"),
        () => Promise.reject(new TypeError("connection refused")),
      ]
    ) {
      const { client, run } = stub(answer, {
        credentials,
        retry: { maxAttempts: 2 },
        hooks: {
          onAttempt: (event) =>
            void shown.push(printed(event), printed(event.error)),
        },
      });
      const error = await run(client.listStreams()).then(
        () => undefined,
        (error) => error,
      );
      assertInstanceOf(error, KinesisError);
      shown.push(printed(error), printed(client));
    }
  }
  assert(shown.length >= 40);
  for (const text of shown) {
    assertFalse(text.includes(SECRET), text);
    assertFalse(text.includes(TOKEN), text);
  }
});

Deno.test("KinesisClient says what is wrong with the credentials of a function, and takes null for absent", async () => {
  const good = { accessKeyId: "id", secretAccessKey: SECRET };
  for (const cached of [false, true]) {
    const call = (credentials: unknown) => {
      const provider = () => Promise.resolve(credentials as Credentials);
      const { client, run } = stub(() => ok(), {
        credentials: cached ? cachedCredentials(provider) : provider,
        retry: { maxAttempts: 1 },
      });
      return run(client.listStreams());
    };
    for (
      const [field, value, rule] of [
        ["expiration", "2099-01-01T00:00:00Z", "a valid Date or absent"],
        ["expiration", 4e12, "a valid Date or absent"],
        ["expiration", new Date(NaN), "a valid Date or absent"],
        ["accessKeyId", 7, "a text"],
        ["sessionToken", [SECRET], "a text"],
      ] as const
    ) {
      const error = await assertRejects(
        () => call({ ...good, [field]: value }),
        CredentialsError,
        `Cannot use credentials as '${field}' must be ${rule}`,
      );
      const { code, retryable } = error;
      assertEquals([code, retryable], ["InvalidCredentials", false]);
      assertFalse(printed(error).includes(SECRET), field);
    }
    await call({ ...good, expiration: null, sessionToken: null });
  }
});

Deno.test("KinesisClient and the sources of credentials refuse options that are null", () => {
  const none = null as never;
  for (
    const [create, message] of [
      [() => new KinesisClient(none), "Cannot create KinesisClient as"],
      [() => fromSharedFiles(none), "Cannot use fromSharedFiles as"],
      [() => defaultCredentials(none), "Cannot use defaultCredentials as"],
    ] as const
  ) {
    const text = `${message} 'options' must be an object`;
    assertThrows(create, TypeError, text);
  }
  assertThrows(() => staticCredentials(none), TypeError, "'accessKeyId'");
  assertThrows(() => createCredentials(none), CredentialsError, "an object");
});
