/**
 * Measures the in-memory Kinesis server: PutRecords of 500 records of 100 bytes, and GetRecords of
 * 10 000. Includes `fetch` and the work of a client (encoding the request, decoding the answer).
 *
 *     deno bench -A bench/testing_bench.ts
 *
 * One iteration is one request. The baseline is the client's JSON encoding and decoding alone.
 *
 * @module
 */
import { decodeCbor, encodeCbor } from "../_aws/cbor.ts";
import { KinesisServer } from "../testing/mod.ts";

const BATCH = 500;
const PAGE = 10_000;
const BYTES = 100;
const server = new KinesisServer({ limits: false });

async function call(
  action: string,
  body: string | Uint8Array<ArrayBuffer>,
  protocol: "json" | "cbor" = "json",
): Promise<Response> {
  const response = await server.fetch("https://kinesis/", {
    method: "POST",
    headers: {
      "content-type": `application/x-amz-${protocol}-1.1`,
      "x-amz-target": `Kinesis_20131202.${action}`,
    },
    body,
  });
  if (!response.ok) throw new Error(await response.text());
  return response;
}

const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
const data = bytes.toBase64();
let serial = 0;
/** Keys that are never repeated: the worst case, since the server cannot cache their hash. */
const newKeys = () =>
  Array.from({ length: BATCH }, () => `key-${(serial++).toString(36)}`);
/** A thousand repeated keys: the usual case. */
const fewKeys = () =>
  Array.from({ length: BATCH }, () => `key-${serial++ % 1_000}`);
const records = <T>(keys: string[], Data: T) => ({
  StreamName: "in",
  Records: keys.map((PartitionKey) => ({ Data, PartitionKey })),
});

/** Counts requests. The stream is replaced after every 400, so that the heap stays small. */
let puts = 0;
async function put(
  body: string | Uint8Array<ArrayBuffer>,
  protocol?: "json" | "cbor",
): Promise<void> {
  if (puts++ % 400 === 0) {
    if (puts > 1) await call("DeleteStream", '{"StreamName":"in"}');
    server.createStream("in", { shards: 4 });
  }
  await (await call("PutRecords", body, protocol)).arrayBuffer();
}

server.createStream("out");
for (let i = 0; i < PAGE / BATCH; i++) {
  const batch = { ...records(fewKeys(), data), StreamName: "out" };
  await call("PutRecords", JSON.stringify(batch));
}
const { ShardIterator } = await (await call(
  "GetShardIterator",
  JSON.stringify({
    StreamName: "out",
    ShardId: "shardId-000000000000",
    ShardIteratorType: "TRIM_HORIZON",
  }),
)).json();
const read = JSON.stringify({ ShardIterator });
const readCbor = encodeCbor({ ShardIterator });
const page = await (await call("GetRecords", read)).text();

Deno.bench("500 in, JSON text of the client alone", {
  group: "in",
  baseline: true,
}, () => {
  JSON.parse(JSON.stringify(records(fewKeys(), data)));
});
Deno.bench("500 in, JSON, 1 000 keys", { group: "in" }, async () => {
  await put(JSON.stringify(records(fewKeys(), data)));
});
Deno.bench("500 in, JSON, new keys", { group: "in" }, async () => {
  await put(JSON.stringify(records(newKeys(), data)));
});
Deno.bench("500 in, CBOR, 1 000 keys", { group: "in" }, async () => {
  await put(encodeCbor(records(fewKeys(), bytes)), "cbor");
});

Deno.bench("10 000 out, JSON text of the client alone", {
  group: "out",
  baseline: true,
}, () => {
  if (JSON.parse(page).Records.length !== PAGE) throw new Error("page");
});
Deno.bench("10 000 out, JSON, text only", { group: "out" }, async () => {
  await (await call("GetRecords", read)).text();
});
Deno.bench("10 000 out, JSON, parsed", { group: "out" }, async () => {
  const { Records } = await (await call("GetRecords", read)).json();
  if (Records.length !== PAGE) throw new Error("page");
});
Deno.bench("10 000 out, CBOR, decoded", { group: "out" }, async () => {
  const response = await call("GetRecords", readCbor, "cbor");
  decodeCbor(new Uint8Array(await response.arrayBuffer()));
});
