/**
 * A stream in an in-memory Kinesis, with a client whose permissions are noted.
 *
 * @module
 */
import { KinesisClient } from "../../client/mod.ts";
import { json } from "../../processors/mod.ts";
import { Producer } from "../../producer.ts";
import { type AuthorizedCall, KinesisServer } from "../../testing/mod.ts";
import { recorderOf } from "./recorder.ts";

/** The region and the account in the ARNs. */
export const PLACE = "us-east-1:123456789012";
/** The ARN of the stream. */
export const STREAM_ARN = `arn:aws:kinesis:${PLACE}:stream/orders`;
/** Credentials that every server here accepts. */
export const ACCESS = {
  region: "us-east-1",
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
} as const;

/** What a program has at its start. */
export interface World {
  readonly server: KinesisServer;
  /** A client whose calls are not noted. */
  readonly admin: KinesisClient;
  /** The client of the program. */
  readonly client: KinesisClient;
  /** The permissions that were needed. */
  readonly calls: AuthorizedCall[];
}

/** Makes a world with an on-demand stream `orders` that has some values. */
export async function makeWorld(): Promise<World> {
  const server = new KinesisServer();
  const admin = new KinesisClient({ ...ACCESS, fetch: server.fetch });
  server.createStream("orders", { mode: "ON_DEMAND" });
  await admin.updateMaxRecordSize({
    StreamARN: STREAM_ARN,
    MaxRecordSizeInKiB: 4096,
  });
  await admin.waitUntilActive({ StreamName: "orders" });
  const calls: AuthorizedCall[] = [];
  const { fetch } = recorderOf(server.fetch, calls);
  const client = new KinesisClient({ ...ACCESS, fetch });
  await write(admin, 20);
  return { server, admin, client, calls };
}

/** Writes some values, each with its own key. */
export async function write(
  client: KinesisClient,
  count: number,
): Promise<void> {
  const producer = new Producer<unknown>({
    client,
    streamName: "orders",
    processor: json(),
  });
  for (let i = 0; i < count; i++) producer.put(i, { partitionKey: `${i}` });
  await producer.close();
}
