import { FanOutConsumer } from "../_state/consumer.ts";
import { MAX_CREATING_CONSUMERS } from "../_state/limits.ts";
import { resourceName, streamArn, tags } from "../_wire/fields.ts";
import { inUse, limitExceeded } from "../_wire/service_error.ts";
import { required } from "../_wire/shape.ts";
import { type Action, action } from "./action.ts";
import { requireConsumerPlace } from "./consumer_limit.ts";
import { addTags } from "./resource_tags.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html */
export const registerStreamConsumer: Action = action({
  StreamARN: required(streamArn),
  ConsumerName: required(resourceName),
  Tags: tags,
}, (input, { account }) => {
  const stream = account.stream(input);
  if (stream.status === "CREATING" || stream.status === "DELETING") {
    stream.requireActive();
  }
  const { ConsumerName: name } = input;
  const { consumers } = stream;
  if (consumers.has(name)) {
    throw inUse(
      `Consumer ${name} under stream ${stream.name} already exists for account ${stream.accountId}.`,
    );
  }
  requireConsumerPlace(account, stream);
  const creating = [...consumers.values()]
    .filter(({ status }) => status === "CREATING").length;
  if (creating >= MAX_CREATING_CONSUMERS) {
    throw limitExceeded(
      `${stream.label} has ${MAX_CREATING_CONSUMERS} consumers that are CREATING, and no more are allowed.`,
    );
  }
  const consumer = new FanOutConsumer(name, stream.arn, account.now);
  addTags(consumer, input.Tags ?? new Map());
  consumers.set(name, consumer);
  const answer = { Consumer: consumer.describe() };
  account.schedule(() => {
    if (consumer.status === "CREATING") consumer.status = "ACTIVE";
  });
  return answer;
});
