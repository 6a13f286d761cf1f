/**
 * Raw HTTP calls, so that the server is tested independently of KinesisClient.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Decoder } from "cbor-x/decode";
import { Encoder } from "cbor-x/encode";
import type { Fetch } from "../../testing/mod.ts";

/** The answer of a call. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests look at answers of all shapes
  readonly body: any;
}

const ENDPOINT = "https://kinesis.us-east-1.amazonaws.com/";
const options = {
  useRecords: false,
  tagUint8Array: false,
  int64AsNumber: true,
};

/** Options of {@linkcode call}. */
export interface CallOptions {
  protocol?: "json" | "cbor";
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** The `fetch` options of a request. */
export function requestInit(
  action: string,
  input: unknown,
  { protocol = "json", signal, headers }: CallOptions = {},
): RequestInit & { body: string | Uint8Array<ArrayBuffer> } {
  return {
    method: "POST",
    signal,
    headers: {
      "content-type": `application/x-amz-${protocol}-1.1`,
      "x-amz-target": `Kinesis_20131202.${action}`,
      ...headers,
    },
    body: protocol === "json"
      ? JSON.stringify(input)
      : Uint8Array.from(new Encoder(options).encode(input)),
  };
}

/** Calls an action. */
export async function call(
  fetch: Fetch,
  action: string,
  input: unknown = {},
  callOptions: CallOptions = {},
): Promise<Answer> {
  const init = requestInit(action, input, callOptions);
  const response = await fetch(ENDPOINT, init);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const body = bytes.length === 0
    ? {}
    : callOptions.protocol === "cbor"
    ? new Decoder(options).decode(bytes)
    : JSON.parse(new TextDecoder().decode(bytes));
  return { status: response.status, headers: response.headers, body };
}

/** Calls an action, asserts that it succeeds, and returns the body. */
export async function ok(
  fetch: Fetch,
  action: string,
  input: unknown = {},
  callOptions: CallOptions = {},
  // deno-lint-ignore no-explicit-any -- as above
): Promise<any> {
  const { status, body } = await call(fetch, action, input, callOptions);
  assertEquals(status, 200, `${action}: ${JSON.stringify(body)}`);
  return body;
}

/** Calls an action, asserts that it fails with this exception, and returns the message. */
export async function fails(
  fetch: Fetch,
  type: string,
  action: string,
  input: unknown = {},
  callOptions: CallOptions = {},
): Promise<string> {
  const { status, body } = await call(fetch, action, input, callOptions);
  assertEquals(body.__type, type, `${action}: ${JSON.stringify(body)}`);
  assertEquals(status, type === "InternalFailure" ? 500 : 400);
  return body.message;
}

/** A shard iterator, by default at TRIM_HORIZON. */
export async function iterator(
  fetch: Fetch,
  streamName: string,
  shardId: string,
  start: Record<string, unknown> = { ShardIteratorType: "TRIM_HORIZON" },
): Promise<string> {
  const input = { StreamName: streamName, ShardId: shardId, ...start };
  return (await ok(fetch, "GetShardIterator", input)).ShardIterator;
}

/** Reads all records from an iterator on, up to the latest record or the end of the shard. */
export async function readAll(
  fetch: Fetch,
  first: string,
  // deno-lint-ignore no-explicit-any -- as above
): Promise<{ records: any[]; last: any }> {
  const records = [];
  for (let next = first;;) {
    const page = await ok(fetch, "GetRecords", { ShardIterator: next });
    records.push(...page.Records);
    next = page.NextShardIterator;
    if (!next || page.MillisBehindLatest === 0) return { records, last: page };
  }
}

/** The middle of all hash keys: the lowest hash key of the upper half. */
export const HALF: bigint = 1n << 127n;

/** A record for PutRecord or PutRecords with `bytes` bytes of data. */
export function entry(
  key: string,
  bytes: number = 5,
): { PartitionKey: string; Data: string } {
  return { PartitionKey: key, Data: btoa("x".repeat(bytes)) };
}
