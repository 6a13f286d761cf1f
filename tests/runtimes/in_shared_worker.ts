/**
 * A Cloudflare Worker whose clients are made once and used by all its requests. The query has the
 * endpoint, the client, and whether the request ends before its call does.
 *
 * @module
 */
import { KinesisClient } from "../../client/mod.ts";
import {
  cachedCredentials,
  createCredentials,
  type CredentialsProvider,
  fromCognitoIdentity,
} from "../../credentials/mod.ts";

let clients: Record<string, KinesisClient> | undefined;

function makeClients(endpoint: string): Record<string, KinesisClient> {
  const ask = async (name: string) =>
    await (await fetch(`${endpoint}/credentials/${name}`)).json();
  const provider = (name: string): CredentialsProvider => async () =>
    createCredentials(await ask(name));
  const client = (credentials?: CredentialsProvider) =>
    new KinesisClient({ endpoint, region: "us-east-1", credentials });
  return {
    plain: client(provider("plain")),
    cached: client(cachedCredentials(provider("cached"))),
    expiring: client(async () => {
      const expiration = new Date(Date.now() + 3_600_000);
      return createCredentials({ ...await ask("expiring"), expiration });
    }),
    cognito: client(fromCognitoIdentity({
      identityPoolId: "us-east-1:11111111-2222-3333-4444-555555555555",
      endpoint,
    })),
  };
}

export default {
  async fetch(request: Request): Promise<Response> {
    const query = new URL(request.url).searchParams;
    clients ??= makeClients(query.get("endpoint")!);
    const call = clients[query.get("client")!]!.listStreams();
    if (query.has("leave")) {
      call.catch(() => {});
      // The call begins to ask for credentials.
      await new Promise((resolve) => setTimeout(resolve, 300));
      return new Response("left");
    }
    const { StreamNames } = await call;
    return Response.json(StreamNames);
  },
};
