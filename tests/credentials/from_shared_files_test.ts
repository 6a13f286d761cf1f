import { assertEquals, assertFalse, assertRejects } from "@std/assert";
import {
  fromSharedFiles,
  resolveRegion,
  type SharedFilesOptions,
} from "../../credentials/mod.ts";
import { CredentialsError, ServiceError } from "../../errors.ts";
import {
  FakeClock,
  FakeEnvironment,
  fakeFetch,
  noFetch,
  stsAnswer,
  stsError,
} from "./support.ts";

function machine(
  config: string,
  credentials = "",
  variables: Record<string, string> = {},
) {
  return new FakeEnvironment({ HOME: "/home/me", ...variables }, {
    "/home/me/.aws/config": config,
    "/home/me/.aws/credentials": credentials,
  });
}

function provider(
  environment: FakeEnvironment,
  options: SharedFilesOptions = {},
) {
  return fromSharedFiles({
    environment,
    clock: new FakeClock(),
    fetch: noFetch,
    ...options,
  });
}

const KEYS = "aws_access_key_id = AKIA\naws_secret_access_key = hush#1;x\n";

Deno.test("fromSharedFiles reads keys of both files, the credentials file first", async () => {
  const environment = machine(
    `[default]\naws_access_key_id = AKIACONFIG\naws_secret_access_key = s
[profile "two words"] ; comment
aws_access_key_id=AKIATWO
aws_secret_access_key=a b
aws_session_token = t==
s3 =
  aws_secret_access_key = nested
aws_account_id = 123456789012
`,
    `# a comment\n[default]\r\n${KEYS}`,
  );
  const byDefault = await provider(environment)();
  assertEquals(byDefault.accessKeyId, "AKIA");
  assertEquals(byDefault.secretAccessKey, "hush#1;x");
  assertEquals(byDefault.sessionToken, undefined);
  const two = await provider(environment, { profile: "two words" })();
  assertEquals(two.accessKeyId, "AKIATWO");
  assertEquals(two.secretAccessKey, "a b");
  assertEquals(two.sessionToken, "t==");
  assertEquals(two.accountId, "123456789012");
});

Deno.test("fromSharedFiles finds the files where the variables say", async () => {
  const environment = new FakeEnvironment({
    USERPROFILE: "C:\\Users\\me",
    AWS_CONFIG_FILE: "~/my/config",
    AWS_SHARED_CREDENTIALS_FILE: "/etc/creds",
    AWS_PROFILE: "p",
  }, { "/etc/creds": `[p]\n${KEYS}` });
  assertEquals((await provider(environment)()).accessKeyId, "AKIA");
  assertEquals(environment.read, ["C:\\Users\\me/my/config", "/etc/creds"]);
});

Deno.test("fromSharedFiles assumes a role with the keys of source_profile", async () => {
  const { fetch, requests } = fakeFetch(() => stsAnswer("AssumeRole"));
  const environment = machine(
    `[profile app]
role_arn = arn:aws:iam::123456789012:role/app
source_profile = base
role_session_name = me
external_id = ext/1
duration_seconds = 1800
region = eu-west-1
mfa_serial = arn:aws:iam::1:mfa/me`,
    `[base]\n${KEYS}aws_session_token = hush-token\n`,
  );
  const credentials = await provider(environment, {
    fetch,
    profile: "app",
    mfaCode: (serial) => `code for ${serial}`,
  })();
  assertEquals(credentials.accessKeyId, "ASIAROLE");
  assertEquals(credentials.accountId, "222222222222");
  const request = requests[0]!;
  assertEquals(request.url, "https://sts.eu-west-1.amazonaws.com/");
  assertEquals(request.headers.get("x-amz-security-token"), "hush-token");
  assertEquals(request.headers.get("x-amz-date"), "20260101T000000Z");
  assertEquals(
    request.headers.get("authorization")?.split(", Signature=")[0],
    "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/sts/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token",
  );
  assertEquals(
    Object.fromEntries(new URLSearchParams(await request.text())),
    {
      Action: "AssumeRole",
      Version: "2011-06-15",
      RoleArn: "arn:aws:iam::123456789012:role/app",
      RoleSessionName: "me",
      ExternalId: "ext/1",
      DurationSeconds: "1800",
      SerialNumber: "arn:aws:iam::1:mfa/me",
      TokenCode: "code for arn:aws:iam::1:mfa/me",
    },
  );
});

Deno.test("fromSharedFiles goes from role to role and stops at a source with keys", async () => {
  const { fetch, requests } = fakeFetch(async (request) => {
    const role = new URLSearchParams(await request.text()).get("RoleArn")!;
    return stsAnswer("AssumeRole", { AccessKeyId: `ASIA-${role}` });
  });
  const environment = machine(
    `[profile a]\nrole_arn = A\nsource_profile = b
[profile b]\nrole_arn = B\nsource_profile = c
[profile c]\n${KEYS}role_arn = C\nsource_profile = nowhere
[profile self]\n${KEYS}role_arn = S\nsource_profile = self`,
  );
  const credentials = await provider(environment, { fetch, profile: "a" })();
  assertEquals(credentials.accessKeyId, "ASIA-A");
  const signers = requests.map((r) =>
    r.headers.get("authorization")!.match(/Credential=([^/]+)/)![1]
  );
  assertEquals(signers, ["AKIA", "ASIA-B"]);
  const self = await provider(environment, { fetch, profile: "self" })();
  assertEquals(self.accessKeyId, "ASIA-S");
});

Deno.test("fromSharedFiles assumes a role with credential_source", async () => {
  const { fetch, requests } = fakeFetch((request) =>
    new URL(request.url).host === "169.254.170.2"
      ? Response.json({ AccessKeyId: "ASIAECS", SecretAccessKey: "s" })
      : stsAnswer("AssumeRole")
  );
  const config = (source: string) =>
    `[default]\nrole_arn = R\ncredential_source = ${source}`;
  const signer = () =>
    requests.at(-1)!.headers.get("authorization")!.match(/=(\w+)/)![1];
  const keys = { AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: "s" };
  await provider(machine(config("Environment"), "", keys), { fetch })();
  assertEquals(signer(), "AKIAENV");
  const ecs = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/c" };
  await provider(machine(config("EcsContainer"), "", ecs), { fetch })();
  assertEquals(signer(), "ASIAECS");
  const off = { AWS_EC2_METADATA_DISABLED: "true" };
  await assertRejects(
    provider(machine(config("Ec2InstanceMetadata"), "", off)),
    CredentialsError,
    `'credential_source' Ec2InstanceMetadata: AWS_EC2_METADATA_DISABLED is true`,
  );
});

Deno.test("fromSharedFiles uses the web identity of a profile", async () => {
  const { fetch, requests } = fakeFetch(() =>
    stsAnswer("AssumeRoleWithWebIdentity")
  );
  const environment = machine(
    "[default]\nweb_identity_token_file = /t\nrole_arn = R\nrole_session_name = me",
  );
  environment.files["/t"] = "jwt";
  const { accountId } = await provider(environment, { fetch })();
  assertEquals(accountId, "222222222222");
  const form = new URLSearchParams(await requests[0]!.text());
  assertEquals(form.get("WebIdentityToken"), "jwt");
  assertEquals(form.get("RoleSessionName"), "me");
});

Deno.test("fromSharedFiles runs credential_process and never shows its output", async () => {
  const environment = machine(`[default]\ncredential_process = tool --pw hush`);
  const output = (fields: Record<string, unknown>) => {
    environment.commands["tool --pw hush"] = JSON.stringify({
      Version: 1,
      AccessKeyId: "AKIAPROC",
      SecretAccessKey: "hush",
      SessionToken: "hush",
      Expiration: "2026-01-01T01:00:00Z",
      ...fields,
    });
  };
  const failsWith = async (words: string) => {
    const error = await assertRejects(
      provider(environment),
      CredentialsError,
      words,
    );
    assertFalse(Deno.inspect(error).includes("hush"), Deno.inspect(error));
  };
  output({});
  const credentials = await provider(environment)();
  assertEquals(credentials.accessKeyId, "AKIAPROC");
  assertEquals(credentials.sessionToken, "hush");
  assertEquals(credentials.expiration, new Date("2026-01-01T01:00:00Z"));
  output({ Version: 2 });
  await failsWith("'Version' must be 1");
  output({ Expiration: "2025-12-31T23:59:59Z" });
  await failsWith("have expired");
  output({ SecretAccessKey: 5 });
  await failsWith("'SecretAccessKey' is missing or not text");
  environment.commands["tool --pw hush"] = "hush is not JSON";
  await failsWith("not valid JSON");
  delete environment.commands["tool --pw hush"];
  await failsWith("the command failed");
});

Deno.test("fromSharedFiles takes the account from credential_process, else from the profile that runs it", async () => {
  const environment = machine(
    "[default]\ncredential_process = tool\naws_account_id = 111111111111",
  );
  for (const AccountId of ["333333333333", "", undefined]) {
    environment.commands.tool = JSON.stringify({
      Version: 1,
      AccessKeyId: "AKIAPROC",
      SecretAccessKey: "hush",
      AccountId,
    });
    const { accountId } = await provider(environment)();
    assertEquals(accountId, AccountId || "111111111111");
  }
});

Deno.test("fromSharedFiles ends a credential_process that takes more than a minute", async () => {
  const clock = new FakeClock();
  const environment = machine(`[default]\ncredential_process = slow`);
  const waiting = fromSharedFiles({
    clock,
    environment: {
      env: (name) => environment.env(name),
      readTextFile: (path) => environment.readTextFile(path),
      runCommand: (_command, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
          queueMicrotask(() => clock.advance(60_000));
        }),
    },
  });
  await assertRejects(waiting, CredentialsError, "longer than 60000 ms");
  assertEquals(clock.pending, 0);
});

Deno.test("fromSharedFiles exchanges the SSO token of a session or of a start URL", async () => {
  const account = "sso_account_id = 123456789012\nsso_role_name = Dev\n";
  const corp =
    "sso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n";
  const environment = machine(
    `[profile new]\nsso_session = corp\n${account}
[sso-session corp]\n${corp}
[profile old]\n${account}${corp}
[profile lost]\nsso_session = none\n${account}
[profile half]\nsso_session = corp\nsso_role_name = Dev`,
  );
  // Named by the SHA-1 of "corp" and of the start URL, as sha1sum gives them.
  const cache = "/home/me/.aws/sso/cache";
  const ofSession = `${cache}/ee0bfd2552fbd840c02cc48b6e823320543c450f.json`;
  const ofUrl = `${cache}/a51746d4aa793ae07b25e90c3a5db96fc7832bd7.json`;
  const token = (accessToken: string, expiresAt = "2026-01-01T08:00:00Z") =>
    JSON.stringify({ accessToken, expiresAt });
  environment.files[ofSession] = token("hush-new");
  environment.files[ofUrl] = token(
    "hush-old",
  );
  const { fetch, requests } = fakeFetch(() =>
    Response.json({
      roleCredentials: {
        accessKeyId: "ASIASSO",
        secretAccessKey: "secret",
        sessionToken: "token",
        expiration: Date.parse("2026-01-01T12:00:00Z"),
      },
    })
  );
  for (const profile of ["new", "old"]) {
    const credentials = await provider(environment, { fetch, profile })();
    assertEquals(credentials.accessKeyId, "ASIASSO");
    assertEquals(credentials.accountId, "123456789012");
    assertEquals(credentials.expiration, new Date("2026-01-01T12:00:00Z"));
    const request = requests.at(-1)!;
    assertEquals(
      request.url,
      "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?account_id=123456789012&role_name=Dev",
    );
    assertEquals(
      request.headers.get("x-amz-sso_bearer_token"),
      `hush-${profile}`,
    );
  }
  const failsWith = async (profile: string, words: string) => {
    const error = await assertRejects(
      provider(environment, {
        profile,
        fetch: fakeFetch(() => new Response("hush", { status: 401 })).fetch,
      }),
      CredentialsError,
      words,
    );
    assertFalse(Deno.inspect(error).includes("hush"));
  };
  await failsWith("lost", "there is no section [sso-session none]");
  await failsWith("half", "'sso_account_id' is not set");
  await failsWith("new", "the session is not accepted; run: aws sso login");
  environment.files[ofSession] = token("hush", "2025-12-31T00:00:00Z");
  await failsWith("new", "has expired; run: aws sso login --profile new");
  environment.files[ofSession] = "{hush";
  await failsWith("new", "not valid JSON");
  delete environment.files[ofSession];
  await failsWith("new", "run: aws sso login --profile new");
});

Deno.test("fromSharedFiles names the mistake in a profile", async () => {
  const environment = machine(`[default]\nregion = eu-west-1
[profile loop]\nrole_arn = R\nsource_profile = loop2
[profile loop2]\nrole_arn = R\nsource_profile = loop
[profile both]\nrole_arn = R\nsource_profile = a\ncredential_source = b
[profile odd]\nrole_arn = R\ncredential_source = Magic
[profile dangling]\nrole_arn = R\nsource_profile = nowhere
[profile mfa]\nrole_arn = R\nsource_profile = keys\nmfa_serial = m
[profile login]\nlogin_session = x
[profile id]\naws_access_key_id = AKIA
[profile secret]\naws_access_key_id =\naws_secret_access_key = hush
[profile empty]\nregion = eu-west-1
[profile keys]\n${KEYS}`);
  const cases: [string, string, string][] = [
    ["default", "NoCredentials", `profile "default" has no credentials`],
    ["empty", "CredentialsUnavailable", `profile "empty" has no credentials`],
    ["gone", "CredentialsUnavailable", `there is no profile "gone"`],
    ["loop", "CredentialsUnavailable", "in circles: loop -> loop2 -> loop"],
    ["both", "CredentialsUnavailable", "not both"],
    ["odd", "CredentialsUnavailable", `current value is "Magic"`],
    ["dangling", "CredentialsUnavailable", `there is no profile "nowhere"`],
    ["mfa", "CredentialsUnavailable", "option 'mfaCode' is needed"],
    ["id", "CredentialsUnavailable", "'aws_secret_access_key' is not set"],
    ["secret", "CredentialsUnavailable", "'aws_access_key_id' is not set"],
    ["login", "CredentialsUnavailable", "'login_session' is not supported"],
  ];
  for (const [profile, code, words] of cases) {
    const error = await assertRejects(
      provider(environment, { profile }),
      CredentialsError,
      words,
    );
    assertEquals(error.code, code, profile);
    assertFalse(Deno.inspect(error).includes("hush"));
  }
});

Deno.test("fromSharedFiles gives STS's own error when a role is refused", async () => {
  const { fetch } = fakeFetch(() => stsError(403, "AccessDenied", "no"));
  const environment = machine(
    `[default]\nrole_arn = R\nsource_profile = k\n[profile k]\n${KEYS}`,
  );
  const error = await assertRejects(
    provider(environment, { fetch }),
    ServiceError,
    "Cannot AssumeRole: AccessDenied: no",
  );
  assertFalse(Deno.inspect(error).includes("hush"));
});

const ROLE =
  `[default]\nrole_arn = R\nsource_profile = k\n[profile k]\n${KEYS}`;

Deno.test("fromSharedFiles signs a request for a role again when the signature came too late", async () => {
  const late = "Signature expired: 20260101T000000Z is now earlier than x";
  for (const code of ["SignatureDoesNotMatch", "RequestExpired"]) {
    let refusals = 1;
    const { fetch, requests } = fakeFetch(() =>
      refusals-- > 0 ? stsError(403, code, late) : stsAnswer("AssumeRole")
    );
    const credentials = await provider(machine(ROLE), { fetch })();
    assertEquals(credentials.accessKeyId, "ASIAROLE");
    const dates = requests.map(({ headers }) => headers.get("x-amz-date"));
    assertEquals(dates.length, 2);
  }
});

Deno.test("fromSharedFiles asks for a role with the time of STS when the clock is wrong", async () => {
  const { fetch, requests } = fakeFetch(({ headers }) => {
    if (headers.get("x-amz-date")!.startsWith("20260101T03")) {
      return stsAnswer("AssumeRole");
    }
    const error = stsError(403, "SignatureDoesNotMatch", "not this secret");
    error.headers.set("date", "Thu, 01 Jan 2026 03:00:00 GMT");
    return error;
  });
  await provider(machine(ROLE), { fetch })();
  assertEquals(requests.length, 2);
  // A wrong secret is no wrong clock.
  const wrong = fakeFetch(() => stsError(403, "SignatureDoesNotMatch", "no"));
  await assertRejects(
    provider(machine(ROLE), { fetch: wrong.fetch }),
    ServiceError,
  );
  assertEquals(wrong.requests.length, 1);
});

Deno.test("fromSharedFiles says that an expired token may be replaced if its file is read again", async () => {
  for (
    const [config, retryable] of [
      [ROLE, true],
      ["[default]\nrole_arn = R\ncredential_source = Environment", false],
      ["[default]\nrole_arn = R\nweb_identity_token_file = /token", true],
    ] as const
  ) {
    const { fetch, requests } = fakeFetch(() =>
      stsError(400, "ExpiredTokenException", "late")
    );
    const environment = machine(config, "", {
      AWS_ACCESS_KEY_ID: "AKIA",
      AWS_SECRET_ACCESS_KEY: "hush",
    });
    environment.files["/token"] = "token";
    const error = await assertRejects(
      provider(environment, { fetch }),
      ServiceError,
    );
    assertEquals([error.retryable, requests.length], [retryable, 1]);
  }
});

Deno.test("fromSharedFiles waits as long as STS asks", async () => {
  const clock = new FakeClock();
  let refusals = 1;
  const { fetch, requests } = fakeFetch(() => {
    if (refusals-- < 1) return stsAnswer("AssumeRole");
    const error = stsError(503, "ServiceUnavailable", "later");
    error.headers.set("retry-after", "4");
    return error;
  });
  const waiting = provider(machine(ROLE), { fetch, clock })();
  while (requests.length < 1 || clock.pending !== 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  clock.advance(3999);
  await new Promise((resolve) => setImmediate(resolve));
  assertEquals(requests.length, 1);
  clock.advance(1);
  assertEquals((await waiting).accessKeyId, "ASIAROLE");
});

Deno.test("fromSharedFiles never gives a profile the keys behind a header that it cannot read", async () => {
  for (const header of ["[prod]# live", "[prod];", "[prod", "[prod] x"]) {
    const credentials =
      `[dev]\nAWS_ACCESS_KEY_ID = DEV\naws_secret_access_key = d\n${header}\naws_access_key_id = PROD\naws_secret_access_key = p`;
    const environment = machine("", credentials);
    const dev = await provider(environment, { profile: "dev" })();
    assertEquals(dev.accessKeyId, "DEV", header);
  }
});

Deno.test("fromSharedFiles counts files that may not be read as empty and says why", async () => {
  const environment = new FakeEnvironment({ HOME: "/home/me" });
  const error = await assertRejects(
    provider(environment),
    CredentialsError,
    `there is no profile "default"; /home/me/.aws/config: no such file; /home/me/.aws/credentials: no such file`,
  );
  assertEquals(error.code, "NoCredentials");
  await assertRejects(
    provider(new FakeEnvironment()),
    CredentialsError,
    "config file: HOME is not set",
  );
});

Deno.test("resolveRegion asks the variables and then the profile", async () => {
  const config =
    "[default]\nregion = eu-west-1\n[profile p]\nregion = eu-west-2";
  const all = { AWS_REGION: "a", AWS_DEFAULT_REGION: "b", AWS_PROFILE: "p" };
  assertEquals(await resolveRegion(machine(config, "", all)), "a");
  assertEquals(
    await resolveRegion(machine(config, "", { ...all, AWS_REGION: "" })),
    "b",
  );
  const profile = { AWS_PROFILE: "p" };
  assertEquals(await resolveRegion(machine(config, "", profile)), "eu-west-2");
  assertEquals(await resolveRegion(machine(config)), "eu-west-1");
  assertEquals(
    await resolveRegion(machine(config), { profile: "p" }),
    "eu-west-2",
  );
  assertEquals(await resolveRegion(machine("")), undefined);
  const denied = {
    env: () => {
      throw new Error("denied");
    },
    readTextFile: () => Promise.reject(new Error("denied")),
  };
  assertEquals(await resolveRegion(denied), undefined);
});
