/**
 * Faults by the names of AWS Fault Injection Service (FIS), so that one plan serves tests in memory
 * and experiments on AWS.
 *
 * @module
 */
import { type Clock, monotonicNow, systemClock } from "../_core/clock.ts";
import { OptionCheck } from "../_core/option_check.ts";
import type { Fault, FaultPlan, FaultRule } from "./fault_plan.ts";

/**
 * The actions of FIS that Kinesis Data Streams supports. See
 * https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html and
 * https://docs.aws.amazon.com/streams/latest/dev/kinesis-fis.html.
 */
export type FisActionId =
  | "aws:kinesis:stream-provisioned-throughput-exception"
  | "aws:kinesis:stream-expired-iterator-exception"
  | "aws:fis:inject-api-internal-error"
  | "aws:fis:inject-api-throttle-error"
  | "aws:fis:inject-api-unavailable-error";

/** The parameters of an action. All of them are texts, as in FIS. */
export interface FisParameters {
  /** How long the faults happen: an ISO 8601 duration from one minute, `PT1M`, to 12 hours, `PT12H`. */
  duration: string;
  /** The share of the requests that fail, in percent: a whole number from `1` to `100`. */
  percentage: string;
  /** The service whose requests fail: `kinesis`. For actions that start with `aws:fis:` only. */
  service?: string;
  /**
   * The API actions that fail, separated by commas: `PutRecords,GetRecords`. For actions that start
   * with `aws:fis:` only, which need it.
   */
  operations?: string;
}

/** An action of an experiment. */
export interface FisAction {
  /** What happens. */
  actionId: FisActionId;
  /** How often and how long it happens. */
  parameters: FisParameters;
  /** For people. */
  description?: string;
  /** Roles or streams on AWS. In a test, the faults happen to all streams. */
  targets?: Readonly<Record<string, string>>;
}

/** Options of {@linkcode fisFaults}. */
export interface FisFaultsOptions {
  /**
   * Chooses the requests that fail. The same seed and requests give the same faults.
   * @default {1}
   */
  seed?: number;
  /**
   * The clock that ends the faults.
   * @default {the clock of the runtime}
   */
  clock?: Clock;
}

/** What an action does. */
interface Effect {
  readonly fault: Fault;
  /** The API actions that fail. Absent if the parameter `operations` names them. */
  readonly operations?: readonly string[];
}

/** https://docs.aws.amazon.com/streams/latest/dev/kinesis-fis.html */
const EFFECTS: Readonly<Record<FisActionId, Effect>> = {
  "aws:kinesis:stream-provisioned-throughput-exception": {
    fault: errorOf("ProvisionedThroughputExceededException", 400),
    operations: ["PutRecord", "PutRecords", "GetRecords"],
  },
  "aws:kinesis:stream-expired-iterator-exception": {
    fault: errorOf("ExpiredIteratorException", 400),
    operations: ["GetRecords"],
  },
  "aws:fis:inject-api-internal-error": {
    fault: errorOf("InternalFailure", 500),
  },
  "aws:fis:inject-api-throttle-error": {
    fault: errorOf("ThrottlingException", 400),
  },
  "aws:fis:inject-api-unavailable-error": {
    fault: errorOf("ServiceUnavailable", 503),
  },
};

const LEAST_MS = 60_000;
const MOST_MS = 12 * 3_600_000;

/**
 * The plan of {@linkcode withFaults} for the actions of an FIS experiment. The faults begin now, and
 * end after the `duration` of their action. `counts` of the `fetch` that `withFaults` returns has
 * the ids of the actions.
 *
 * @example Half of the writes are throttled for five minutes, and nothing is lost
 * ```ts
 * import {
 *   DirectClient,
 *   fisFaults,
 *   KinesisServer,
 *   VirtualClock,
 *   withFaults,
 * } from "@webstreams/kinesis/testing";
 * import { Producer } from "@webstreams/kinesis";
 * import { json } from "@webstreams/kinesis/processors";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const actionId = "aws:kinesis:stream-provisioned-throughput-exception";
 * const actions = [{ actionId, parameters: { duration: "PT5M", percentage: "50" } }] as const;
 * const clock = new VirtualClock();
 * const server = new KinesisServer({ clock });
 * const { streamName } = server.createStream("orders");
 * const fetch = withFaults(server.fetch, fisFaults(actions, { clock }));
 * const client = new DirectClient(fetch);
 * const producer = new Producer({ client, streamName, processor: json<number>(), clock });
 *
 * for (let i = 0; i < 20; i++) await clock.runUntil(producer.put(i));
 * await clock.runUntil(producer.close());
 * assert(fetch.counts[actionId]! > 0);
 * assertEquals(server.records(streamName).length, 20);
 * ```
 *
 * @throws {TypeError} if an action or parameter is missing, unknown or of the wrong type
 * @throws {RangeError} if `duration` or `percentage` is out of its range
 */
export function fisFaults(
  actions: readonly FisAction[],
  options: FisFaultsOptions = {},
): FaultPlan {
  const check = new OptionCheck("Cannot use faults of FIS");
  if (!Array.isArray(actions)) {
    throw new TypeError(check.refusal("'actions' must be an array"));
  }
  check.object("options", options ?? null, ["seed", "clock"]);
  const clock = check.methods("clock", options.clock, "now", "setTimeout") ??
    systemClock;
  const start = monotonicNow(clock);
  const rules = actions.map((action, index) =>
    ruleOf(
      action,
      `actions[${index}]`,
      check,
      () => monotonicNow(clock) - start,
    )
  );
  return { rules, seed: options.seed, clock };
}

function ruleOf(
  action: FisAction,
  name: string,
  check: OptionCheck,
  elapsedMs: () => number,
): FaultRule {
  const fields = ["actionId", "parameters", "description", "targets"];
  check.object(name, action ?? null, fields);
  const { actionId, parameters } = action;
  const ids = Object.keys(EFFECTS) as FisActionId[];
  check.choice(`${name}.actionId`, actionId ?? null, ids, undefined);
  const effect = EFFECTS[actionId];
  const where = `${name}.parameters`;
  check.object(where, parameters ?? null, [
    ...["duration", "percentage"],
    ...effect.operations ? [] : ["service", "operations"],
  ]);
  const durationMs = durationOf(parameters.duration, where, check);
  const percentage = percentageOf(parameters.percentage, where, check);
  return {
    name: actionId,
    fault: effect.fault,
    action: effect.operations ?? operationsOf(parameters, where, check),
    probability: percentage / 100,
    match: () => elapsedMs() < durationMs,
  };
}

/** The milliseconds of an ISO 8601 duration. */
function durationOf(text: string, where: string, check: OptionCheck): number {
  const [found, days, hours, minutes, seconds] =
    /^P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(
      `${text ?? ""}`,
    ) ?? [];
  const ms = 1000 *
    (((Number(days ?? 0) * 24 + Number(hours ?? 0)) * 60 +
          Number(minutes ?? 0)) * 60 + Number(seconds ?? 0));
  if (found !== undefined && ms >= LEAST_MS && ms <= MOST_MS) return ms;
  const rule = 'a duration from "PT1M" to "PT12H"';
  throw new RangeError(check.message(`${where}.duration`, rule, text));
}

function percentageOf(text: string, where: string, check: OptionCheck): number {
  if (/^(?:[1-9]\d?|100)$/.test(`${text ?? ""}`)) return Number(text);
  const rule = 'a whole number from "1" to "100"';
  throw new RangeError(check.message(`${where}.percentage`, rule, text));
}

function operationsOf(
  { service, operations }: FisParameters,
  where: string,
  check: OptionCheck,
): string[] {
  check.choice(`${where}.service`, service ?? null, ["kinesis"], undefined);
  const names = `${operations ?? ""}`.split(",").map((name) => name.trim());
  if (names.every((name) => /^[A-Z][A-Za-z]+$/.test(name))) return names;
  const rule = 'actions of the API, such as "PutRecords,GetRecords"';
  throw new TypeError(check.message(`${where}.operations`, rule, operations));
}

function errorOf(code: string, status: number): Fault {
  return { type: "error", code, status, message: "Injected by FIS." };
}
