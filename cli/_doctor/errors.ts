/**
 * What an error means for a check that could not find out its fact.
 *
 * @module
 */
import { hintFor } from "../../_aws/error_hints.ts";
import { partitionOf } from "../../_aws/partitions.ts";
import type { StreamDescriptionSummary } from "../../client/mod.ts";
import { KinesisError, ServiceError } from "../../errors.ts";
import type { Exam, Finding } from "./check.ts";

/** Codes of servers that do not know an action. AWS and emulators use different ones. */
const UNKNOWN_ACTION =
  /^(UnknownOperation|UnknownAction|InvalidAction|NotImplemented|Unsupported|Http404$|Http405$|Http501$)/;

/** A check took longer than it may. */
export class CheckTimeout extends Error {
  /** Makes an error. */
  constructor(ms: number) {
    super(`No result within ${ms / 1000} s`);
  }
}

/** A fact that an earlier check could not find out. */
export class NotKnown extends Error {}

/** The description of the stream. */
export function summaryOf({ found }: Exam): StreamDescriptionSummary {
  if (found.summary) return found.summary;
  throw new NotKnown("The stream is not known: see the check stream");
}

/** Whether the service refuses an action for a lack of permission. */
export function isDenied(error: unknown): error is ServiceError {
  return error instanceof ServiceError && error.code.startsWith("AccessDenied");
}

/** Whether the server does not know an action, as many emulators do not know new ones. */
export function isUnknownAction(error: unknown): error is ServiceError {
  return error instanceof ServiceError && UNKNOWN_ACTION.test(error.code);
}

/** The finding of a check that ended with an error. */
export function findingOfError(error: unknown, exam: Exam): Finding {
  if (error instanceof CheckTimeout) {
    return {
      status: "error",
      message: error.message,
      remedy:
        "Run it again; if the service is slow from here, allow more with --timeout",
    };
  }
  if (error instanceof NotKnown) {
    return { status: "skipped", message: error.message };
  }
  if (isUnknownAction(error)) {
    return {
      status: "skipped",
      message: `The server does not know ${error.action}`,
      data: { code: error.code },
    };
  }
  if (isDenied(error)) {
    const permission = permissionOf(error);
    return {
      status: "skipped",
      message: `${permission} is denied, so that this cannot be found out`,
      remedy: `Allow ${permission} on ${resourceOf(error.action, exam)}`,
      data: { code: error.code, permission },
    };
  }
  if (error instanceof ServiceError && error.throttled) {
    return {
      status: "skipped",
      message: `The server refused ${error.action} for the rate of requests`,
      remedy: "Check again later",
      data: { code: error.code },
    };
  }
  if (error instanceof ServiceError) {
    return { status: "error", ...adviceOf(error), data: { code: error.code } };
  }
  const message = error instanceof Error ? error.message : `${error}`;
  const data = error instanceof KinesisError ? { code: error.code } : undefined;
  return { status: "error", message, data };
}

/** The message of an error of the service, and the advice that it ends with. */
export function adviceOf(
  { code, action, message }: ServiceError,
): Pick<Finding, "message" | "remedy"> {
  const hint = hintFor(code, action);
  return hint === undefined || !message.includes(`. ${hint}`)
    ? { message }
    : { message: message.replace(`. ${hint}`, ""), remedy: hint };
}

/** The permission of a call that was refused. */
function permissionOf({ action }: ServiceError): string {
  return action === "GetMetricData"
    ? `cloudwatch:${action}`
    : `kinesis:${action}`;
}

/** Actions that a policy cannot allow for a single stream. */
const OF_ACCOUNT = /^(ListStreams|DescribeLimits|DescribeAccountSettings|Get)/;

function resourceOf(action: string, exam: Exam): string {
  const isOfAll = OF_ACCOUNT.test(action) &&
    !/^Get(Records|Shard)/.test(action);
  return isOfAll || exam.stream === undefined ? "*" : streamArnOf(exam);
}

/** The ARN of the stream. Parts that are not known are `*`. */
export function streamArnOf({ stream = "*", found }: Exam): string {
  if (found.summary) return found.summary.StreamARN;
  if (stream.startsWith("arn:")) return stream;
  const region = found.settings?.region ?? "*";
  const account = found.credentials?.accountId ?? "*";
  const partition = partitionOf(region).name;
  return `arn:${partition}:kinesis:${region}:${account}:stream/${stream}`;
}
