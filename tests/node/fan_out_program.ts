/**
 * Produces and consumes with enhanced fan-out over HTTP/2, in Node.js.
 *
 * @module
 */
import { Consumer, KinesisClient, Producer } from "../../mod.ts";
import { nodeFetch } from "../../node/mod.ts";
import { json } from "../../processors/mod.ts";

/** What the test passes to the program. */
export interface Place {
  /** The URL of Kinesis. */
  readonly endpoint: string;
  /** Its certificate. */
  readonly ca: string;
}

const { place, findings } = globalThis as unknown as {
  place: Place;
  findings: Record<string, unknown>;
};
const fetch = nodeFetch({ ca: place.ca });
const client = new KinesisClient({
  region: "us-east-1",
  endpoint: place.endpoint,
  credentials: { accessKeyId: "id", secretAccessKey: "secret" },
  fetch,
});
const stream = { client, streamName: "pushed", processor: json<number>() };
const producer = new Producer<number>({
  ...stream,
  createStream: { shardCount: 4 },
});
await producer.putAll(Array.from({ length: 2000 }, (_, n) => n));
await producer.close();
const consumer = new Consumer<number>({
  ...stream,
  fanOut: { consumerName: "reader" },
  until: "caught-up",
});
const seen = new Set<number>();
for await (const { value } of consumer) seen.add(value);
findings.seen = seen.size;
fetch.close();
