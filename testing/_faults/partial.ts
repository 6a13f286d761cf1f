/**
 * The fault `partial`: some records of a PutRecords fail and are not stored.
 *
 * @module
 */
import { isObject } from "../_wire/shape.ts";
import type { Fault, FaultRecord } from "../fault_plan.ts";
import type { Injection } from "./injection.ts";

const MESSAGES: Readonly<Record<string, string>> = {
  InternalFailure: "Internal Service Failure",
};

/** Sends on only the records that do not fail, and adds an error for each of the others. */
export async function failPartly(
  { exchange, next, random, onHit }: Injection,
  fault: Fault & { type: "partial" },
): Promise<Response> {
  const { input } = exchange;
  const records = Array.isArray(input.Records) ? input.Records : [];
  const { fail, code = "ProvisionedThroughputExceededException" } = fault;
  // Choose the records that fail.
  const doFail = records.map((record, index) =>
    typeof fail === "number"
      ? random() < fail
      : fail(describeRecord(record), index)
  );
  const failed = doFail.filter(Boolean).length;
  if (failed === 0) return await next(exchange);
  onHit();
  const error = {
    ErrorCode: code,
    ErrorMessage: MESSAGES[code] ?? "Rate exceeded (injected).",
  };
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
  const results = Array.isArray(answer.Records) ? answer.Records : [];
  // Merge the errors and the results in the order of the request.
  let nextResult = 0;
  return exchange.answer({
    ...answer,
    FailedRecordCount: Number(answer.FailedRecordCount ?? 0) + failed,
    Records: doFail.map((isFailed) => isFailed ? error : results[nextResult++]),
  }, { status: response.status, headers: response.headers });
}

function describeRecord(record: unknown): FaultRecord {
  const { PartitionKey: key, ExplicitHashKey: hash } = isObject(record)
    ? record
    : {};
  return {
    partitionKey: String(key ?? ""),
    ...(typeof hash === "string" ? { explicitHashKey: hash } : {}),
  };
}
