/**
 * The stream of a run: one that exists, or one that is made for it.
 *
 * @module
 */
import { type KinesisClient, ServiceError } from "@webstreams/kinesis";
import type { Belonging, Cleanup } from "./cleanup.ts";
import type { Connection } from "./connection.ts";

/** How long removing a stream may take. */
const REMOVE_MS = 30_000;

/** What {@linkcode openStream} needs to know. */
export interface OpenStreamOptions {
  /** The client. */
  readonly client: KinesisClient;
  /** What the client was made of, for the command that removes the stream. */
  readonly connection: Connection;
  /** The name that the user has given; `undefined` for one that nothing else has. */
  readonly name: string | undefined;
  /** Shards, if it is made. */
  readonly shards: number;
  /** Gets the stream if it is made; `undefined` if it ends with this process. */
  readonly cleanup: Cleanup | undefined;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** A stream that can be used. */
export interface OpenStream {
  /** Its name. */
  readonly streamName: string;
  /** Whether it was made for this run. */
  readonly isOwn: boolean;
}

/** Makes the stream unless it exists, and waits until it can be used. */
export async function openStream(
  options: OpenStreamOptions,
): Promise<OpenStream> {
  const { client, name, signal } = options;
  const streamName = name ?? `kinesis-demo-${crypto.randomUUID().slice(0, 8)}`;
  const isOwn = !(await exists(client, streamName, signal));
  if (isOwn) await createStream(options, streamName);
  await client.waitUntilActive({ StreamName: streamName }, { signal });
  return { streamName, isOwn };
}

async function createStream(
  { client, connection, name, shards, cleanup }: OpenStreamOptions,
  StreamName: string,
): Promise<void> {
  const made: Belonging = {
    left: leftText(StreamName, connection),
    remove: () => removeStream(client, StreamName),
  };
  // A stream with the user's name may also be another program's, made at this moment: it is not removed.
  const doubtful: Belonging = name === undefined ? made : {
    left: `perhaps ${made.left}`,
    remove: () =>
      Promise.reject(new Error("it is not known whether it was made")),
  };
  // Noted before it is there: this process may be stopped while the request is under way.
  cleanup?.add(doubtful);
  try {
    // Without the signal: a request that is cut off leaves open whether there is a stream to remove.
    await client.createStream({ StreamName, ShardCount: shards });
  } catch (error) {
    // The answer to the first of several attempts was lost.
    const isInUse = hasCode(error, "ResourceInUseException");
    if (isInUse && doubtful === made) return;
    if (isRefusal(error) && !isInUse) cleanup?.forget(doubtful);
    throw error;
  }
  if (doubtful === made) return;
  cleanup?.forget(doubtful);
  cleanup?.add(made);
}

function leftText(StreamName: string, connection: Connection): string {
  const { endpoint, region } = connection;
  const command = [
    `aws kinesis delete-stream --stream-name ${StreamName}`,
    ...region === undefined ? [] : [`--region ${region}`],
    ...endpoint === undefined ? [] : [`--endpoint-url ${endpoint}`],
  ].join(" ");
  const where = endpoint ?? region ?? "AWS";
  return `the stream ${StreamName} in ${where}: remove it with\n    ${command}`;
}

/** Removes a stream. Is content if it is gone. */
async function removeStream(
  client: KinesisClient,
  StreamName: string,
): Promise<void> {
  const signal = AbortSignal.timeout(REMOVE_MS);
  try {
    try {
      await client.deleteStream({ StreamName }, { signal });
    } catch (error) {
      if (!hasCode(error, "ResourceInUseException")) throw error;
      // It is still being created or resharded.
      await client.waitUntilActive({ StreamName }, { signal });
      await client.deleteStream({ StreamName }, { signal });
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function exists(
  client: KinesisClient,
  streamName: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.describeStreamSummary({ StreamName: streamName }, { signal });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  return hasCode(error, "ResourceNotFoundException");
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof ServiceError && error.code === code;
}

/** Whether the service said no, so that nothing was made. */
function isRefusal(error: unknown): boolean {
  return error instanceof ServiceError && error.status < 500;
}
