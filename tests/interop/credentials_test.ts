import { fromIni } from "npm:@aws-sdk/credential-provider-ini@^3.900.0";
import { assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import {
  type Credentials,
  fromSharedFiles,
  systemEnvironment,
} from "../../credentials/mod.ts";

const profileNames = ["default", "a", "b c", "d-1"];

// Without extra spaces inside the brackets: the AWS CLI takes them as one, as we do, and the SDK
// not at all.
const section = fc.oneof(
  fc.constantFrom(
    "[default]",
    "[profile default]",
    "[a]",
    "[profile a]",
    '[profile "a"]',
    "[profile d-1]",
    "[d-1] ; comment",
    "[sso-session a]",
    "[services a]",
    "  [d-1]",
  ),
);
const value = fc.constantFrom(
  "AKIA1",
  "ab/c+d=",
  "a#b",
  "a;b",
  "a ; comment",
  "a # comment",
  "a\t# comment",
  "x=y",
  "",
);
const setting = fc.tuple(
  fc.constantFrom(
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "s3",
  ),
  fc.constantFrom("=", " = ", "= ", "  =\t"),
  value,
  fc.constantFrom("", "", "", "  ", "\t"),
).map(([name, equals, text, indent]) => indent + name + equals + text);
const keys = fc.tuple(value, value).map(([id, secret]) =>
  `aws_access_key_id = ${id}\naws_secret_access_key = ${secret}`
);
const line = fc.oneof(
  section,
  setting,
  setting,
  keys,
  // Without lines that cannot be read: the SDK skips them, and here they end the section, since
  // they may be broken headers.
  fc.constantFrom("", "# c", "; c", " # c"),
);
const file = fc.tuple(
  section,
  keys,
  fc.array(line, { maxLength: 12 }),
  fc.constantFrom("\n", "\r\n"),
).map(([first, pair, lines, newline]) => [first, pair, ...lines].join(newline));

async function outcome(
  provider: () => Promise<Credentials>,
): Promise<(string | undefined)[]> {
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await provider();
    return [accessKeyId, secretAccessKey, sessionToken || undefined];
  } catch {
    return ["error"];
  }
}

Deno.test("fromSharedFiles finds the keys that the AWS SDK finds in random files", async () => {
  const directory = await Deno.makeTempDir();
  const config = `${directory}/config`;
  const credentials = `${directory}/credentials`;
  const paths: Record<string, string> = {
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: credentials,
  };
  const environment = {
    env: (name: string) => paths[name],
    readTextFile: systemEnvironment.readTextFile,
  };
  let found = 0;
  try {
    await fc.assert(
      fc.asyncProperty(file, file, async (first, second) => {
        await Deno.writeTextFile(config, first);
        await Deno.writeTextFile(credentials, second);
        for (const profile of profileNames) {
          const ours = await outcome(fromSharedFiles({ environment, profile }));
          const theirs = await outcome(fromIni({
            profile,
            configFilepath: config,
            filepath: credentials,
            ignoreCache: true,
          }));
          assertEquals(ours, theirs, profile);
          if (ours.length > 1) found++;
        }
      }),
      { numRuns: 300 },
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  assertGreater(found, 100);
});
