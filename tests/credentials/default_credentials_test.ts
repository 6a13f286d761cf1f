import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { KinesisClient } from "../../client/mod.ts";
import { defaultCredentials } from "../../credentials/mod.ts";
import { CredentialsError } from "../../errors.ts";
import {
  FakeClock,
  FakeEnvironment,
  fakeFetch,
  noFetch,
  stsAnswer,
} from "./support.ts";

const document = (AccessKeyId: string) =>
  Response.json({ AccessKeyId, SecretAccessKey: "s", Token: "t" });

/** A world where every source works; each answers under its own name. */
function everything() {
  const environment = new FakeEnvironment({
    AWS_ACCESS_KEY_ID: "environment",
    AWS_SECRET_ACCESS_KEY: "s",
    HOME: "/h",
    AWS_WEB_IDENTITY_TOKEN_FILE: "/token",
    AWS_ROLE_ARN: "R",
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/c",
  }, {
    "/h/.aws/credentials":
      "[default]\naws_access_key_id = files\naws_secret_access_key = s",
    "/token": "jwt",
  });
  const { fetch } = fakeFetch((request) => {
    const { host, pathname } = new URL(request.url);
    if (host.startsWith("sts.")) {
      return stsAnswer("AssumeRoleWithWebIdentity", {
        AccessKeyId: "web-identity",
        Expiration: "2027-01-01T00:00:00Z",
      });
    }
    if (host === "169.254.170.2") return document("container");
    if (request.method === "PUT") return new Response("imds-token");
    return pathname.endsWith("/") ? new Response("role") : document("instance");
  });
  return { environment, fetch, clock: new FakeClock() };
}

Deno.test("defaultCredentials takes the first source that is set up, in the order of the SDKs", async () => {
  const world = everything();
  const { variables, files } = world.environment;
  const next = async () => (await defaultCredentials(world)()).accessKeyId;
  assertEquals(await next(), "environment");
  delete variables.AWS_ACCESS_KEY_ID;
  assertEquals(await next(), "files");
  delete files["/h/.aws/credentials"];
  assertEquals(await next(), "web-identity");
  delete variables.AWS_WEB_IDENTITY_TOKEN_FILE;
  assertEquals(await next(), "container");
  delete variables.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  assertEquals(await next(), "instance");
});

Deno.test("defaultCredentials prefers a named profile to keys of the environment", async () => {
  const world = everything();
  world.environment.variables.AWS_PROFILE = "default";
  assertEquals((await defaultCredentials(world)()).accessKeyId, "files");
  delete world.environment.variables.AWS_PROFILE;
  const named = defaultCredentials({ ...world, profile: "default" });
  assertEquals((await named()).accessKeyId, "files");
});

Deno.test("KinesisClient with an endpoint asks the metadata service for credentials, and not that endpoint", async () => {
  const { fetch, requests } = fakeFetch(({ method, url }) => {
    if (!url.startsWith("http://169.254.169.254/")) {
      return Response.json({ StreamNames: [], HasMoreStreams: false });
    }
    if (method === "PUT") return new Response("imds-token");
    return url.endsWith("/") ? new Response("role") : document("instance");
  });
  const client = new KinesisClient({
    ...{ fetch, region: "eu-west-1" },
    environment: new FakeEnvironment(),
    clock: new FakeClock(),
    endpoint: "https://vpce.example.com",
  });
  await client.listStreams();
  assertEquals(requests.map(({ url }) => new URL(url).host), [
    ...Array(3).fill("169.254.169.254"),
    "vpce.example.com",
  ]);
});

Deno.test("defaultCredentials does not use another source when a source that is set up fails", async () => {
  const world = everything();
  delete world.environment.variables.AWS_ACCESS_KEY_ID;
  await assertRejects(
    defaultCredentials({ ...world, profile: "gone" }),
    CredentialsError,
    `there is no profile "gone"`,
  );
  delete world.environment.files["/h/.aws/credentials"];
  delete world.environment.files["/token"];
  await assertRejects(
    defaultCredentials(world),
    CredentialsError,
    "Cannot read the web identity token /token",
  );
});

Deno.test("defaultCredentials lists every place it tried and why it had nothing", async () => {
  const environment = new FakeEnvironment({
    AWS_EC2_METADATA_DISABLED: "true",
    HOME: "/h",
  });
  const error = await assertRejects(
    defaultCredentials({ environment, fetch: noFetch, clock: new FakeClock() }),
    CredentialsError,
  );
  assertEquals(error.code, "NoCredentials");
  assertEquals(
    error.message,
    `Cannot find AWS credentials. Places tried:
  - environment: AWS_ACCESS_KEY_ID is not set
  - shared files: there is no profile "default"; /h/.aws/config: no such file; /h/.aws/credentials: no such file
  - web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set
  - container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set, AWS_CONTAINER_CREDENTIALS_FULL_URI is not set
  - instance metadata: AWS_EC2_METADATA_DISABLED is true`,
  );
});

Deno.test("defaultCredentials remembers the source that it found", async () => {
  const world = everything();
  const provider = defaultCredentials(world);
  await provider();
  world.environment.variables.AWS_ACCESS_KEY_ID = "other";
  assertEquals((await provider()).accessKeyId, "environment");
});

Deno.test({
  name:
    "defaultCredentials says what may not be read when nothing is permitted",
  permissions: "none",
  fn: async () => {
    const error = await assertRejects(
      defaultCredentials({ fetch: noFetch, clock: new FakeClock() }),
      CredentialsError,
      "environment: AWS_ACCESS_KEY_ID cannot be read (Requires env access",
    );
    assertEquals(error.message.split("\n").length, 6);
  },
});

Deno.test("defaultCredentials lists every place where the metadata service refuses", async () => {
  const { fetch } = fakeFetch(() => new Response("", { status: 403 }));
  const environment = new FakeEnvironment();
  const error = await assertRejects(
    defaultCredentials({ fetch, environment, clock: new FakeClock() }),
    CredentialsError,
    "Places tried:",
  );
  assertStringIncludes(error.message, "environment: AWS_ACCESS_KEY_ID");
  assertStringIncludes(error.message, "instance metadata: Cannot get a token");
  assertStringIncludes(error.message, "HTTP status 403");
});
