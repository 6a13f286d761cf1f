/**
 * How requests name a registered consumer: by its ARN, or by the ARN of its stream and its name.
 *
 * @module
 */
import type { Account } from "../_state/account.ts";
import type { FanOutConsumer } from "../_state/consumer.ts";
import type { Stream } from "../_state/stream.ts";
import { consumerArn, resourceName, streamArn } from "../_wire/fields.ts";
import { invalidArgument, notFound } from "../_wire/service_error.ts";
import type { Field } from "../_wire/shape.ts";

/** The members that name a consumer. */
export const consumerReference: {
  readonly StreamARN: Field<string>;
  readonly ConsumerName: Field<string>;
  readonly ConsumerARN: Field<string>;
} = {
  StreamARN: streamArn,
  ConsumerName: resourceName,
  ConsumerARN: consumerArn,
};

/** Finds the consumer that a request names, and its stream. Throws if either is missing. */
export function findConsumer(account: Account, input: {
  StreamARN?: string;
  ConsumerName?: string;
  ConsumerARN?: string;
}): { stream: Stream; consumer: FanOutConsumer } {
  const { StreamARN: arn, ConsumerName: name, ConsumerARN } = input;
  if (ConsumerARN !== undefined) {
    const found = account.consumer(ConsumerARN);
    if (
      (arn !== undefined && arn !== found.stream.arn) ||
      (name !== undefined && name !== found.consumer.name)
    ) {
      throw invalidArgument(
        "ConsumerARN does not name the consumer of StreamARN and ConsumerName.",
      );
    }
    return found;
  }
  if (arn === undefined || name === undefined) {
    throw invalidArgument(
      "Either ConsumerARN or both StreamARN and ConsumerName must be given.",
    );
  }
  const stream = account.stream({ StreamARN: arn });
  const consumer = stream.consumers.get(name);
  if (!consumer) {
    throw notFound(
      `Consumer ${name}, for stream ${arn} under account ${stream.accountId} not found.`,
    );
  }
  return { stream, consumer };
}
