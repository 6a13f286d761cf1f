/**
 * Is there room for another registered consumer, and are all of them ACTIVE?
 *
 * @module
 */
import type { StreamConsumer } from "../../client/mod.ts";
import { counted } from "../_values.ts";
import type { Check, Finding } from "./check.ts";
import { isDenied, isUnknownAction, summaryOf } from "./errors.ts";
import { listOf } from "./texts.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html */
const MOST_CONSUMERS = 20;
/** The same for a stream on demand of an account with a billing commitment. */
const MOST_CONSUMERS_ADVANTAGE = 50;
/** This share of the most consumers is worth a warning. */
const NEAR = 0.8;

/** The check. */
export const consumersCheck: Check = {
  id: "stream.consumers",
  needs: ["stream"],
  async run(exam, signal) {
    const { client, found } = exam;
    const { StreamARN, QueueCount, StreamModeDetails } = summaryOf(exam);
    const consumers: StreamConsumer[] = [];
    for await (
      const consumer of client.listAllStreamConsumers(
        { StreamARN },
        { signal },
      )
    ) consumers.push(consumer);
    found.consumerArn = consumers
      .find(({ ConsumerStatus }) => ConsumerStatus === "ACTIVE")?.ConsumerARN;
    const isAdvantage = StreamModeDetails?.StreamMode === "ON_DEMAND" &&
      consumers.length >= MOST_CONSUMERS * NEAR &&
      await hasCommitment();
    return judgeConsumers(
      consumers,
      QueueCount ?? 0,
      isAdvantage ? MOST_CONSUMERS_ADVANTAGE : MOST_CONSUMERS,
    );

    async function hasCommitment(): Promise<boolean> {
      try {
        const { MinimumThroughputBillingCommitment: it } = await client
          .describeAccountSettings({ signal });
        return it !== undefined && it.Status !== "DISABLED";
      } catch (error) {
        if (isDenied(error) || isUnknownAction(error)) return false;
        throw error;
      }
    }
  },
};

/** Compares the number of consumers and queues, which share a limit, with the limit. */
function judgeConsumers(
  consumers: readonly Pick<StreamConsumer, "ConsumerName" | "ConsumerStatus">[],
  queues: number,
  limit: number,
): Finding {
  const used = consumers.length + queues;
  const data = { consumers: consumers.length, queues, limit };
  const waiting = consumers
    .filter(({ ConsumerStatus }) => ConsumerStatus !== "ACTIVE")
    .map(({ ConsumerName, ConsumerStatus }) =>
      `${ConsumerName} is ${ConsumerStatus}`
    );
  const message = [
    `${counted(consumers.length, "registered consumer")} and ${
      counted(queues, "queue")
    } of ${limit}`,
    ...waiting,
  ].join("; ");
  if (used >= limit) {
    return {
      status: "warning",
      message,
      remedy:
        "No further consumer can be registered: deregister those that are not used",
      data,
    };
  }
  if (used >= limit * NEAR) {
    return {
      status: "warning",
      message,
      remedy: `Only ${
        limit - used
      } more can be registered: deregister those that are not used`,
      data,
    };
  }
  return waiting.length === 0 ? { status: "ok", message, data } : {
    status: "warning",
    message,
    remedy: `Wait up to a minute: ${listOf(waiting)}`,
    data,
  };
}
