/**
 * What CloudWatch knows of the stream, for the checks of throttles and lag.
 *
 * @module
 */
import { streamMetrics } from "../../cloudwatch/mod.ts";
import type { MetricSeries, StreamMetricName } from "../../cloudwatch/mod.ts";
import { KinesisError } from "../../errors.ts";
import type { Check, Exam } from "./check.ts";
import { settingsOf } from "./endpoint.ts";
import { NotKnown } from "./errors.ts";

/** The metrics that are read. AWS bills reading by the number of series. */
const METRICS: readonly StreamMetricName[] = [
  "IncomingRecords",
  "WriteProvisionedThroughputExceeded",
  "ReadProvisionedThroughputExceeded",
  "GetRecords.IteratorAgeMilliseconds",
];
/** Domains of AWS. */
const AWS_HOST = /\.(amazonaws\.(com|com\.cn|eu)|api\.aws)$/;

/** Can the metrics of the stream be read? */
export const cloudWatchCheck: Check = {
  id: "cloudwatch",
  needs: ["stream"],
  async run(exam, signal) {
    const { client, found, stream } = exam;
    await requireCloudWatch(exam);
    found.metrics = await streamMetrics(client, stream!, {
      metrics: METRICS,
      endpoint: exam.cloudWatchEndpoint,
      signal,
    });
    const points = found.metrics.flatMap(({ points }) => points);
    return points.length > 0
      ? { status: "ok", message: "The metrics of the last hour can be read" }
      : {
        status: "ok",
        message: "There are no metrics of the last hour: no traffic",
      };
  },
};

/**
 * Rejects if the metrics are not those of the stream: an emulator at a custom endpoint writes none
 * to the CloudWatch of AWS.
 */
async function requireCloudWatch(exam: Exam): Promise<void> {
  const { endpoint } = exam.found.settings!;
  if (endpoint === undefined || AWS_HOST.test(endpoint.hostname)) return;
  try {
    const cloudWatch = await settingsOf(exam, "CLOUDWATCH");
    if (cloudWatch.endpoint !== undefined) return;
  } catch (error) {
    // Without a region there is no endpoint of CloudWatch either: that would imply a region.
    if (!(error instanceof KinesisError && error.code === "NoRegion")) {
      throw error;
    }
  }
  throw new NotKnown(
    "CloudWatch does not know a stream at a custom endpoint. If the emulator has CloudWatch, give " +
      "--cloudwatch-endpoint",
  );
}

/** The series of a metric. `undefined` if CloudWatch could not be read. */
export function seriesOf(
  metrics: readonly MetricSeries[] | undefined,
  name: StreamMetricName,
): MetricSeries | undefined {
  return metrics?.find(({ metric }) => metric === name);
}

/** The sum of the points. */
export function sumOf(series: MetricSeries | undefined): number {
  return series?.points.reduce((sum, { value }) => sum + value, 0) ?? 0;
}
