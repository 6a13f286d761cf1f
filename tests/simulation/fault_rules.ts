/**
 * Draws the faults of a plan.
 *
 * @module
 */
import type { FaultRule } from "../../testing/mod.ts";
import type { SeededChoices } from "../../testing/_simulation/seeded_choices.ts";

/** Faults of the service and the network, for these actions. */
export function faultsOf(
  choices: SeededChoices,
  action: readonly string[],
): FaultRule[] {
  const odds = () => ({
    action,
    probability: choices.random() * 0.08,
    times: choices.integer(0, 10),
  });
  return [
    { ...odds(), fault: { type: "throttle" } },
    { ...odds(), fault: { type: "reset", when: "before" } },
    { ...odds(), fault: { type: "reset", when: "after" } },
    { ...odds(), fault: { type: "cut", afterBytes: choices.integer(0, 200) } },
    {
      ...odds(),
      fault: { type: "error", code: "InternalFailure", status: 500 },
    },
    {
      ...odds(),
      fault: {
        type: "delay",
        ms: choices.integer(1000, 15_000),
        when: "after",
      },
    },
    { ...odds(), times: 2, fault: { type: "stall", when: "after" } },
  ];
}

/** Faults of subscriptions. */
export function fanOutFaults(choices: SeededChoices): FaultRule[] {
  const odds = () => ({
    action: "SubscribeToShard",
    probability: choices.random() * 0.2,
    times: choices.integer(0, 4),
  });
  return [
    { ...odds(), fault: { type: "reset", when: "before" } },
    { ...odds(), fault: { type: "silence", afterEvents: 2 } },
    {
      ...odds(),
      fault: {
        type: "exception",
        afterEvents: 3,
        code: "InternalFailureException",
      },
    },
  ];
}

/** Faults of a producer. */
export function writeFaults(choices: SeededChoices): FaultRule[] {
  const odds = () => ({
    action: "PutRecords",
    probability: choices.random() * 0.4,
    times: choices.integer(0, 20),
  });
  return [
    ...faultsOf(choices.fork(1), ["PutRecords", "ListShards"]),
    { ...odds(), fault: { type: "partial", fail: choices.random() } },
    {
      ...odds(),
      fault: {
        type: "partial",
        fail: choices.random(),
        code: "InternalFailure",
      },
    },
    { ...odds(), fault: { type: "reset", when: "after" } },
  ];
}

/** Faults of the workers of a queue. */
export function queueFaults(choices: SeededChoices): FaultRule[] {
  const entries = ["AcknowledgeQueueRecords", "UpdateQueueRecordsVisibility"];
  const odds = () => ({
    action: entries,
    probability: choices.random() * 0.2,
    times: choices.integer(0, 10),
  });
  return [
    ...faultsOf(choices.fork(1), ["ReceiveQueueRecords", ...entries]),
    { ...odds(), fault: { type: "partial", fail: choices.random() } },
    { ...odds(), fault: { type: "reset", when: "after" } },
    // As long as the shortest visibility timeout.
    {
      ...odds(),
      action: "ReceiveQueueRecords",
      fault: { type: "delay", ms: choices.integer(4000, 8000), when: "after" },
    },
  ];
}
