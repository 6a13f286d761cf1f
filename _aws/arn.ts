/**
 * Amazon Resource Names (ARNs) of Kinesis.
 *
 * @module
 */
import { isHostLabel, type Partition } from "./partitions.ts";

/** The parts of a Kinesis ARN that determine the endpoint of a request. */
export interface KinesisArn {
  /** The account that owns the resource. */
  readonly accountId: string;
  /** The region of the resource. */
  readonly region: string;
  /** The type of the resource: `stream` or `channel`. */
  readonly resourceType: string;
  /** The name of the stream, or the id of the channel. */
  readonly resourceId: string;
}

/**
 * Parses an ARN, for example `arn:aws:kinesis:us-east-1:123456789012:stream/orders`. `subject`
 * starts the error messages, for example `Cannot PutRecords as 'StreamARN'`.
 *
 * @throws {TypeError} if it is not the ARN of a Kinesis resource of an allowed type, in the given
 * partition and region
 */
export function parseKinesisArn(
  subject: string,
  arn: string,
  allowed: {
    types: readonly string[];
    partition: Partition;
    region: string;
  },
): KinesisArn {
  const { types, partition, region } = allowed;
  const [prefix, arnPartition, service, arnRegion, accountId, ...resource] = arn
    .split(":");
  const [resourceType, resourceId] = resource.join(":").split(/[:/]/);
  const check = (holds: boolean, rule: string) => {
    if (holds) return;
    throw new TypeError(
      `${subject} must be ${rule}: current value is "${arn}"`,
    );
  };
  const example = `arn:${partition.name}:kinesis:${region}:123456789012:${
    types[0]
  }/name`;
  check(prefix === "arn" && resource.length > 0, `an ARN such as ${example}`);
  check(service === "kinesis", "an ARN of Kinesis");
  check(types.includes(resourceType!), `the ARN of a ${types.join(" or ")}`);
  check(!!resourceId, `the ARN of a ${types.join(" or ")} with its name`);
  check(isHostLabel(accountId!), "an ARN with an account id");
  check(
    arnPartition === partition.name,
    `in partition ${partition.name}, where region ${region} is`,
  );
  check(
    arnRegion === region,
    `in region ${region}, which the client is set to`,
  );
  return {
    accountId: accountId!,
    region,
    resourceType: resourceType!,
    resourceId: resourceId!,
  };
}
