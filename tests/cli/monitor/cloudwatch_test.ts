import { assertEquals, assertMatch } from "@std/assert";
import { CloudWatchMetrics } from "../../../cli/_monitor/cloudwatch_metrics.ts";
import { KinesisClient } from "../../../client/mod.ts";
import { Watch } from "./_watch.ts";

/** The last minute of each metric, and the minute before it. */
const VALUES: Readonly<Record<string, readonly [number, number]>> = {
  IncomingRecords: [600, 60],
  "GetRecords.Records": [1_200, 0],
  WriteProvisionedThroughputExceeded: [120, 0],
  ReadProvisionedThroughputExceeded: [30, 0],
  "GetRecords.IteratorAgeMilliseconds": [45_000, 1],
};

/** CloudWatch, which answers or refuses. */
function cloudWatch(state: { isRefusing: boolean }): CloudWatchMetrics {
  const client = new KinesisClient({
    region: "eu-west-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    retry: { maxAttempts: 1 },
    async fetch(input, init) {
      const request = new Request(input, init);
      const { MetricDataQueries } = await request.json();
      if (state.isRefusing) {
        return Response.json(
          { __type: "AccessDeniedException", message: "not authorized" },
          { status: 400 },
        );
      }
      // deno-lint-ignore no-explicit-any -- The shape of the API.
      const results = MetricDataQueries.map(({ Id, MetricStat }: any) => {
        const Values = VALUES[MetricStat.Metric.MetricName];
        const Timestamps = Values ? [1_795_686_540, 1_795_686_480] : [];
        return { Id, Timestamps, Values: Values ?? [], StatusCode: "Complete" };
      });
      return Response.json({ MetricDataResults: results });
    },
  });
  return new CloudWatchMetrics(client, "orders");
}

/** Web Crypto signs in another thread, for which the virtual clock does not wait. */
const signed = () => new Promise((resolve) => setTimeout(resolve, 20));

Deno.test("monitor shows the last minute of CloudWatch, and says why it is refused", async () => {
  const state = { isRefusing: false };
  await using watch = new Watch(1, {
    cloudWatch: cloudWatch(state),
    sample: false,
  });
  const { totals } = await watch.after(3, async () => void await signed());
  assertEquals(totals, {
    recordsPerSecond: 10,
    bytesPerSecond: undefined,
    readRecordsPerSecond: 20,
    readBytesPerSecond: undefined,
    writeThrottlesPerSecond: 2,
    readThrottlesPerSecond: 0.5,
    lagMs: 45_000,
    load: undefined,
    hotShards: undefined,
  });
  state.isRefusing = true;
  await watch.after(60);
  const refused = await watch.after(3, async () => void await signed());
  const source = refused.sources.find(({ name }) => name === "CloudWatch")!;
  assertEquals(source.state, "failing");
  assertMatch(source.note!, /not authorized/);
  assertEquals(refused.totals.lagMs, undefined);
});
