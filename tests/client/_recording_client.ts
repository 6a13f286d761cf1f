/**
 * A client in surroundings that a test makes up, and where it would have sent to.
 *
 * @module
 */
import {
  type Environment,
  KinesisClient,
  type KinesisClientOptions,
} from "../../client/mod.ts";

function environment(
  variables: Record<string, string>,
  files: Record<string, string> = {},
): Environment & { reads: number } {
  return {
    reads: 0,
    env: (name) => variables[name],
    readTextFile(path) {
      this.reads++;
      const text = Object.entries(files).find(([end]) => path.endsWith(end));
      return text ? Promise.resolve(text[1]) : Promise.reject(new Error("no"));
    },
  };
}

/** A client that sends nothing, and where it would have sent to and signed for. */
export function client(
  options: KinesisClientOptions,
  variables: Record<string, string> = {},
  files: Record<string, string> = {},
) {
  const sent: string[] = [];
  const surroundings = environment(variables, files);
  const kinesis = new KinesisClient({
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    environment: surroundings,
    fetch: (url, init) => {
      const scope = new Headers(init!.headers).get("authorization")!
        .match(/Credential=id\/\d+\/([^/]+)\//)![1];
      sent.push(`${url} ${scope}`);
      return Promise.resolve(new Response("{}"));
    },
    ...options,
  });
  return { kinesis, sent, surroundings };
}
