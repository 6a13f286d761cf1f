/**
 * Reads metrics from the CloudWatch of moto, which was not written for this library.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { KinesisClient } from "../../client/mod.ts";
import { streamMetrics } from "../../cloudwatch/mod.ts";
import { hasMoto, startMoto } from "../_services/moto.ts";

const keys = { accessKeyId: "id", secretAccessKey: "secret" };
const region = "us-east-1";
const MINUTE_S = 60;

/** A sample as PutMetricData takes it. */
function sample(name: string, time: number, value: number, shard?: string) {
  return {
    MetricName: name,
    Dimensions: [
      { Name: "StreamName", Value: "orders" },
      ...(shard ? [{ Name: "ShardId", Value: shard }] : []),
    ],
    Timestamp: time,
    Value: value,
  };
}

if (await hasMoto()) {
  Deno.test("streamMetrics reads what moto's CloudWatch has", async () => {
    await using moto = await startMoto();
    const aws = new AwsClient({ ...keys, region, service: "monitoring" });
    const end = Math.floor(Date.now() / 1000 / MINUTE_S) * MINUTE_S;
    const put = await aws.fetch(moto.endpoint, {
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "GraniteServiceVersion20100801.PutMetricData",
      },
      body: JSON.stringify({
        Namespace: "AWS/Kinesis",
        MetricData: [
          sample("IncomingRecords", end - 170, 5),
          sample("IncomingRecords", end - 165, 7),
          sample("IncomingRecords", end - 50, 11),
          sample("GetRecords.IteratorAgeMilliseconds", end - 50, 900),
          sample("GetRecords.IteratorAgeMilliseconds", end - 45, 1800),
          sample("IncomingBytes", end - 50, 4096, "shardId-000000000001"),
          sample(
            "IteratorAgeMilliseconds",
            end - 50,
            20,
            "shardId-000000000001",
          ),
        ],
      }),
    });
    assertEquals(put.status, 200);
    await put.body?.cancel();

    const client = new KinesisClient({ region, credentials: keys });
    const { endpoint } = moto;
    const to = new Date(end * 1000);
    const from = new Date((end - 600) * 1000);
    const [records, lag, none] = await streamMetrics(client, "orders", {
      ...{ endpoint, from, to },
      metrics: [
        "IncomingRecords",
        "GetRecords.IteratorAgeMilliseconds",
        "PutRecords.ThrottledRecords",
      ],
    });
    assertEquals(records?.points.map(({ value }) => value), [12, 11]);
    assertEquals(lag?.points.map(({ value }) => value), [1800]);
    assertEquals(none?.points, []);
    const ofShard = await streamMetrics(client, "orders", {
      ...{ endpoint, from, to },
      metrics: ["IncomingBytes", "GetRecords.IteratorAgeMilliseconds"],
      perShard: ["shardId-000000000001", "shardId-000000000002"],
    });
    assertEquals(
      ofShard.map((
        { shardId, points },
      ) => [shardId, points.map(({ value }) => value)]),
      [
        ["shardId-000000000001", [4096]],
        ["shardId-000000000001", [20]],
        ["shardId-000000000002", []],
        ["shardId-000000000002", []],
      ],
    );
  });
}
