// One round of our producer, or of our consumer, for `steady.mjs`.
import { Consumer, KinesisClient, Producer } from "../../mod.ts";
import { nodeFetch } from "../../node/mod.ts";
import { json, jsonLines, kplBytes } from "../../processors/mod.ts";

const processors = { json, jsonLines, kplBytes };

/** Makes functions that write or read `count` values once. */
export function subjects({ endpoint, count, inputs, keyOf, framings }) {
  const client = new KinesisClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    protocol: "cbor",
    fetch: nodeFetch(),
  });
  const ways = {
    async "for-await"() {
      let left = count;
      const options = { client, streamName: "bench", readsPerSecond: 1e9 };
      for await (
        const { value } of new Consumer({ ...options, processor: json() })
      ) {
        if (value.text === undefined) throw new Error("no value");
        if (--left === 0) break;
      }
    },
  };
  for (const framing of framings) {
    ways[framing] = async () => {
      const producer = new Producer({
        client,
        streamName: "bench",
        processor: processors[framing](),
        partitionKey: keyOf(framing),
        shardRates: false,
      });
      const { delivered } = await producer.putAll(inputs(framing));
      if (delivered !== count) throw new Error(`${delivered} delivered`);
      await producer.close();
    };
  }
  return ways;
}
