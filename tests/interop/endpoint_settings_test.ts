import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { client } from "../client/_recording_client.ts";
import type { Surroundings } from "./aws_sdk_endpoints.ts";

/** The URL that the AWS SDK uses with this environment. */
async function oracle(cases: readonly Surroundings[]): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      new URL("./aws_sdk_endpoints.ts", import.meta.url).href,
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(cases)));
  await writer.close();
  const { code, stdout } = await child.output();
  assertEquals(code, 0);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The URL that our client uses. */
async function ours(cases: readonly Surroundings[]): Promise<string[]> {
  const urls: string[] = [];
  for (const { variables, config, accountId } of cases) {
    const { kinesis, sent } = client(
      {
        credentials: {
          accessKeyId: "id",
          secretAccessKey: "secret",
          accountId,
        },
      },
      { HOME: "/h", ...variables },
      { config },
    );
    await kinesis.listStreams().catch(() => {});
    urls.push(sent[0]?.split(" ")[0] ?? "nowhere");
  }
  return urls;
}

const LOCAL = "http://127.0.0.1:";
const config = `
[default]
region = eu-west-1
[profile all]
region = eu-west-1
endpoint_url = ${LOCAL}1
[profile services]
region = eu-west-1
endpoint_url = ${LOCAL}2
services = local
[profile elsewhere]
region = eu-west-1
services = others
[profile ignoring]
region = eu-west-1
services = local
ignore_configured_endpoint_urls = true
[profile fips]
region = us-east-1
use_fips_endpoint = true
use_dualstack_endpoint = true
[profile disabled]
region = eu-west-1
account_id_endpoint_mode = disabled
[profile required]
region = eu-west-1
account_id_endpoint_mode = required
[services local]
kinesis =
  endpoint_url = ${LOCAL}3
[services others]
dynamodb =
  endpoint_url = ${LOCAL}4
`;

const profiles = config.match(/(?<=\[profile )\w+/g)!;
const variables: Record<string, string>[] = [
  {},
  { AWS_ENDPOINT_URL: `${LOCAL}5` },
  { AWS_ENDPOINT_URL: `${LOCAL}5`, AWS_ENDPOINT_URL_KINESIS: `${LOCAL}6` },
  { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
  {
    AWS_ENDPOINT_URL_KINESIS: `${LOCAL}6`,
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true",
  },
  { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false" },
  { AWS_USE_FIPS_ENDPOINT: "true" },
  { AWS_USE_FIPS_ENDPOINT: "false", AWS_USE_DUALSTACK_ENDPOINT: "false" },
  { AWS_ACCOUNT_ID_ENDPOINT_MODE: "disabled" },
  { AWS_ACCOUNT_ID_ENDPOINT_MODE: "required" },
];

Deno.test("KinesisClient uses the endpoint of the AWS SDK for every combination of variables and shared config", async () => {
  const cases = ["", ...profiles].flatMap((AWS_PROFILE) =>
    variables.flatMap((more) =>
      [undefined, "123456789012"].map((accountId): Surroundings => ({
        variables: AWS_PROFILE ? { AWS_PROFILE, ...more } : more,
        config,
        accountId,
      }))
    )
  );
  const list = (urls: string[]) =>
    urls.map((url, i) => ({ ...cases[i], config: undefined, url }));
  const [sentTo, expected] = [await ours(cases), await oracle(cases)];
  assertEquals(list(sentTo), list(expected));
  assertGreaterOrEqual(new Set(expected).size, 13);
});

Deno.test("KinesisClient rejects invalid settings that the AWS SDK for JavaScript ignores", async () => {
  const region = "[default]\nregion = eu-west-1\n";
  const cases: Surroundings[] = [
    { variables: {}, config: `${region}services = nowhere\n` },
    { variables: {}, config: `${region}account_id_endpoint_mode = always\n` },
    {
      variables: { AWS_ACCOUNT_ID_ENDPOINT_MODE: "always" },
      config: region,
    },
  ];
  const ofAws = "https://kinesis.eu-west-1.amazonaws.com/";
  assertEquals(await oracle(cases), cases.map(() => ofAws));
  assertEquals(await ours(cases), cases.map(() => "nowhere"));
});
