/**
 * The fault `partial`: some records of a PutRecords fail and are not stored, or some entries of an
 * action on queue records fail and change nothing.
 *
 * @module
 */
import { isObject } from "../_wire/shape.ts";
import type { Fault, FaultRecord } from "../fault_plan.ts";
import type { Injection } from "./injection.ts";

type PartialFault = Fault & { type: "partial" };

const MESSAGES: Readonly<Record<string, string>> = {
  InternalFailure: "Internal Service Failure",
  InternalFailureException: "Internal Service Failure",
};

/** Sends on only the records that do not fail, and adds an error for each of the others. */
export async function failRecords(
  { exchange, next, random, onHit }: Injection,
  fault: PartialFault,
): Promise<Response> {
  const { input } = exchange;
  const records = listOf(input.Records);
  const doFail = choose(fault, records, random);
  const failed = doFail.filter(Boolean).length;
  if (failed === 0) return await next(exchange);
  onHit();
  const error = errorOf(fault, "ProvisionedThroughputExceededException");
  // Send on the others.
  const stored = records.filter((_, index) => !doFail[index]);
  if (stored.length === 0) {
    const Records = records.map(() => error);
    return exchange.answer({ FailedRecordCount: failed, Records });
  }
  const response = await next(
    exchange.withInput({ ...input, Records: stored }),
  );
  if (!response.ok) return response;
  const answer = await exchange.members(response);
  const results = listOf(answer.Records);
  // Merge the errors and the results in the order of the request.
  let nextResult = 0;
  return exchange.answer({
    ...answer,
    FailedRecordCount: Number(answer.FailedRecordCount ?? 0) + failed,
    Records: doFail.map((isFailed) => isFailed ? error : results[nextResult++]),
  }, { status: response.status, headers: response.headers });
}

/** Sends on only the entries that do not fail, and adds the others to the list `Failed`. */
export async function failEntries(
  { exchange, next, random, onHit }: Injection,
  fault: PartialFault,
): Promise<Response> {
  const { input } = exchange;
  const entries = listOf(input.Entries);
  const doFail = choose(fault, entries, random);
  const failed = entries.filter((_, index) => doFail[index]);
  if (failed.length === 0) return await next(exchange);
  onHit();
  const error = errorOf(fault, "ThrottlingException");
  const errors = failed.map((entry) => ({
    ReceiptHandle: isObject(entry) ? entry.ReceiptHandle : undefined,
    ...error,
  }));
  const sent = entries.filter((_, index) => !doFail[index]);
  if (sent.length === 0) {
    return exchange.answer({ Successful: [], Failed: errors });
  }
  const response = await next(exchange.withInput({ ...input, Entries: sent }));
  if (!response.ok) return response;
  const answer = await exchange.members(response);
  return exchange.answer({
    ...answer,
    Failed: [...listOf(answer.Failed), ...errors],
  }, { status: response.status, headers: response.headers });
}

/** Which of the records fail. */
function choose(
  { fail }: PartialFault,
  records: readonly unknown[],
  random: () => number,
): boolean[] {
  return records.map((record, index) =>
    typeof fail === "number"
      ? random() < fail
      : fail(describeRecord(record), index)
  );
}

function errorOf({ code }: PartialFault, preset: string): {
  ErrorCode: string;
  ErrorMessage: string;
} {
  const ErrorCode = code ?? preset;
  return {
    ErrorCode,
    ErrorMessage: MESSAGES[ErrorCode] ?? "Rate exceeded (injected).",
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function describeRecord(record: unknown): FaultRecord {
  const { PartitionKey: key, ExplicitHashKey: hash, ReceiptHandle: handle } =
    isObject(record) ? record : {};
  return {
    partitionKey: String(key ?? ""),
    ...(typeof hash === "string" ? { explicitHashKey: hash } : {}),
    ...(typeof handle === "string" ? { receiptHandle: handle } : {}),
  };
}
