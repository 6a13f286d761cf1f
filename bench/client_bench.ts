/**
 * Compares KinesisClient with the AWS SDK and with plain `fetch` of a prepared body. PutRecords has
 * 500 records and GetRecords 10 000, of 1 KB each. Measures first without a network, then over
 * loopback.
 *
 *     npx -y deno@2 task bench bench/client_bench.ts
 *
 * @module
 */
import {
  GetRecordsCommand,
  KinesisClient as SdkClient,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { cborCodec } from "../_aws/cbor_codec.ts";
import { jsonCodec } from "../_aws/json_codec.ts";
import { Signer } from "../_aws/sign.ts";
import { type Fetch, KinesisClient } from "../client/mod.ts";
import { recordsAnswer, storedAnswer } from "./_support/answers.ts";
import { startSink } from "./_support/sink.ts";

const WRITTEN = 500;
const READ = { readRecords: 10_000, readBytes: 1000 };
const PROTOCOLS = ["json", "cbor"] as const;

const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
const signer = new Signer("kinesis");
const region = "us-east-1";
const request = {
  StreamName: "bench",
  Records: Array.from({ length: WRITTEN }, (_, i) => ({
    Data: crypto.getRandomValues(new Uint8Array(1000)),
    PartitionKey: `key-${i}`,
  })),
};
const empty = new TextEncoder().encode("{}");
const iterator = { ShardIterator: "next" };
const stored = storedAnswer(WRITTEN);
const records = recordsAnswer(READ.readRecords, READ.readBytes);
const bodies = {
  json: jsonCodec.encode("PutRecords", request),
  cbor: cborCodec.encode("PutRecords", request),
};

function check(ok: boolean): void {
  if (!ok) throw new Error("the answer is not what it should be");
}

function benches(
  place: string,
  options: {
    endpoint?: string;
    fetchOf: (protocol: "json" | "cbor") => Fetch | undefined;
    sdk: SdkClient;
    alone: boolean;
  },
): void {
  const { endpoint, fetchOf, sdk, alone } = options;
  const put = `PutRecords 500 × 1 KB, ${place}`;
  const get = `GetRecords 10 000 × 1 KB, ${place}`;
  Deno.bench("@aws-sdk/client-kinesis put", {
    group: put,
    baseline: true,
  }, async () => {
    const answer = await sdk.send(new PutRecordsCommand(request));
    check(answer.Records?.length === WRITTEN);
  });
  Deno.bench("@aws-sdk/client-kinesis get", {
    group: get,
    baseline: true,
  }, async () => {
    const answer = await sdk.send(new GetRecordsCommand(iterator));
    check(answer.Records?.length === READ.readRecords);
  });
  for (const protocol of PROTOCOLS) {
    const client = new KinesisClient({
      protocol,
      endpoint,
      region,
      credentials,
      fetch: fetchOf(protocol),
    });
    Deno.bench(`KinesisClient put, ${protocol}`, { group: put }, async () => {
      const { Records } = await client.putRecords(request);
      check(Records.length === WRITTEN);
    });
    Deno.bench(`KinesisClient get, ${protocol}`, { group: get }, async () => {
      const { Records } = await client.getRecords(iterator);
      check(Records.length === READ.readRecords);
    });
    if (!alone) continue;
    const send = async (action: string, body: Uint8Array<ArrayBuffer>) => {
      const response = await fetch(endpoint!, {
        method: "POST",
        headers: {
          "content-type": `application/x-amz-${protocol}-1.1`,
          "x-amz-target": `Kinesis_20131202.${action}`,
        },
        body,
      });
      check((await response.arrayBuffer()).byteLength > 1000);
    };
    const signed = async () => {
      const { headers } = await signer.sign({
        url: new URL(endpoint!),
        headers: {
          "content-type": `application/x-amz-${protocol}-1.1`,
          "x-amz-target": "Kinesis_20131202.PutRecords",
        },
        body: bodies[protocol],
        region,
        key: credentials,
        now: Date.now(),
      });
      const response = await fetch(endpoint!, {
        method: "POST",
        headers,
        body: bodies[protocol],
      });
      check((await response.arrayBuffer()).byteLength > 1000);
    };
    Deno.bench(
      `fetch alone put, signed, ${protocol}`,
      { group: put },
      async () => await signed(),
    );
    Deno.bench(
      `fetch alone put, ${protocol}`,
      { group: put },
      async () => await send("PutRecords", bodies[protocol]),
    );
    Deno.bench(
      `fetch alone get, ${protocol}`,
      { group: get },
      async () => await send("GetRecords", empty),
    );
  }
}

/** A `fetch` that answers at once, so that only the work of the client is measured. */
const nowhere = (protocol: "json" | "cbor"): Fetch => (_url, init) => {
  const target = new Headers(init!.headers).get("x-amz-target")!;
  const body = target.endsWith("PutRecords") ? stored : records;
  return Promise.resolve(
    new Response(body[protocol], {
      headers: { "content-type": `application/x-amz-${protocol}-1.1` },
    }),
  );
};
benches("encode + sign + decode", {
  fetchOf: nowhere,
  alone: false,
  sdk: new SdkClient({
    region,
    credentials,
    requestHandler: {
      handle: ({ headers }: { headers: Record<string, string> }) =>
        Promise.resolve({
          response: {
            statusCode: 200,
            headers: { "content-type": headers["content-type"] },
            body: (headers["x-amz-target"]!.endsWith("PutRecords")
              ? stored
              : records)[
                headers["content-type"]!.includes("cbor") ? "cbor" : "json"
              ],
          },
        }),
    } as never,
  }),
});

const sink = await startSink(READ);
benches("over loopback", {
  endpoint: sink.endpoint,
  fetchOf: () => undefined,
  alone: true,
  sdk: new SdkClient({
    region,
    credentials,
    endpoint: sink.endpoint,
    requestHandler: new NodeHttpHandler(),
  }),
});
globalThis.addEventListener("unload", () => sink.close());
