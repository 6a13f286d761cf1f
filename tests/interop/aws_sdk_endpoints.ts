/**
 * Where the AWS SDK sends requests in surroundings that come as JSON on the standard input. A
 * process of its own, since the SDK looks into the real environment.
 *
 * @module
 */
import { KinesisClient, ListStreamsCommand } from "@aws-sdk/client-kinesis";

/** One case; the variables are those of nothing else. */
export interface Surroundings {
  readonly variables: Record<string, string>;
  readonly config: string;
  readonly accountId?: string;
}

async function sentTo(
  { variables, config, accountId }: Surroundings,
): Promise<string> {
  for (const name of Object.keys(Deno.env.toObject())) {
    if (name.startsWith("AWS_")) Deno.env.delete(name);
  }
  // A path for each case: the SDK remembers files.
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, config);
  Deno.env.set("AWS_CONFIG_FILE", file);
  Deno.env.set("AWS_SHARED_CREDENTIALS_FILE", `${file}.none`);
  for (const [name, value] of Object.entries(variables)) {
    Deno.env.set(name, value);
  }
  let url = "nowhere";
  const client = new KinesisClient({
    credentials: { accessKeyId: "id", secretAccessKey: "secret", accountId },
    maxAttempts: 1,
    requestHandler: {
      // deno-lint-ignore no-explicit-any -- a part of the SDK's request
      handle({ protocol, hostname, port, path }: any) {
        url =
          new URL(`${protocol}//${hostname}${port ? `:${port}` : ""}${path}`)
            .href;
        return Promise.reject(new Error("nothing is sent here"));
      },
    },
  });
  await client.send(new ListStreamsCommand({})).catch(() => {});
  await Deno.remove(file);
  return url;
}

if (import.meta.main) {
  const cases: Surroundings[] = await new Response(Deno.stdin.readable).json();
  const urls: string[] = [];
  for (const one of cases) urls.push(await sentTo(one));
  console.log(JSON.stringify(urls));
}
