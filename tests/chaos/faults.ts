/**
 * The faults of a schedule and their probabilities, drawn from its seed.
 *
 * @module
 */
import type { FaultRule } from "../../testing/mod.ts";
import type { SeededChoices } from "./seeded_choices.ts";
import type { WireFault } from "./wire_proxy.ts";

/** A fault of the wire, its probability, and how often it happens at most. */
export interface WireOdds {
  readonly fault: WireFault;
  readonly probability: number;
  readonly times: number;
}

/** The time limit of a request, in milliseconds. The longest stall is longer. */
export const TIMEOUT_MS = 8_000;

/** Draws faults of the wire. Each affects a limited number of requests. */
export function drawWireOdds(choices: SeededChoices): WireOdds[] {
  const odds = (fault: WireFault, most: number, times: number): WireOdds => ({
    fault,
    probability: choices.random() * most,
    times,
  });
  return [
    odds({ type: "reset", when: "before" }, 0.1, 20),
    odds({ type: "reset", when: "after" }, 0.1, 20),
    odds({ type: "cut", share: choices.random() }, 0.08, 10),
    odds({ type: "shorten", share: choices.random() }, 0.04, 5),
    // Longer than the time limit: the request or its answer arrives after the client has given up.
    odds({ type: "stall", when: "before", ms: 10_000 }, 0.03, 2),
    odds({ type: "stall", when: "after", ms: 10_000 }, 0.03, 2),
    // Shorter than the time limit: the answer is late, and arrives.
    odds(
      { type: "stall", when: "after", ms: choices.integer(200, 4000) },
      0.1,
      5,
    ),
  ];
}

/**
 * Returns a function that chooses the fault of each request. Each fault has its own random numbers.
 */
export function wireFaults(
  odds: readonly WireOdds[],
  choices: SeededChoices,
  isMeant: (action: string) => boolean,
): (action: string) => WireFault | undefined {
  const left = odds.map(({ times }) => times);
  const lanes = odds.map((_, index) => choices.fork(index));
  return (action) => {
    if (!isMeant(action)) return undefined;
    const hits = odds.map(({ probability }, index) =>
      lanes[index]!.chance(probability) && left[index]! > 0
    );
    const hit = hits.indexOf(true);
    if (hit < 0) return undefined;
    left[hit]!--;
    return odds[hit]!.fault;
  };
}

/** Draws faults of the service: answers with an error. */
export function drawServiceFaults(
  choices: SeededChoices,
  action: readonly string[],
): FaultRule[] {
  const rule = (most: number, times: number) => ({
    action,
    probability: choices.random() * most,
    times,
  });
  const error = (code: string, status: number, when: "before" | "after") =>
    ({ type: "error", code, status, when }) as const;
  return [
    {
      ...rule(0.1, 20),
      name: "500 before",
      fault: error("InternalFailure", 500, "before"),
    },
    {
      ...rule(0.06, 20),
      name: "500 after",
      fault: error("InternalFailure", 500, "after"),
    },
    {
      ...rule(0.05, 20),
      name: "503",
      fault: error("ServiceUnavailable", 503, "before"),
    },
    { ...rule(0.1, 20), fault: { type: "throttle" } },
  ];
}

/** Draws faults in which some records of a PutRecords fail. */
export function drawPartialFaults(choices: SeededChoices): FaultRule[] {
  return ["ProvisionedThroughputExceededException", "InternalFailure"].map(
    (code) => ({
      name: `partial ${code}`,
      action: "PutRecords",
      probability: choices.random() * 0.2,
      times: 40,
      fault: { type: "partial", fail: choices.random() * 0.6, code },
    }),
  );
}
