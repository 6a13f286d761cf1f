import { MAX_BATCH_RECORDS } from "../../_aws/limits.ts";
import type { Shard } from "../_state/shard.ts";
import type { LargeOutput } from "../_wire/codec.ts";
import { hashKey, streamReference } from "../_wire/fields.ts";
import {
  invalidArgument,
  serialization,
  ServiceFault,
  validation,
} from "../_wire/service_error.ts";
import {
  failure,
  flag,
  isObject,
  rawList,
  readBlob,
  required,
} from "../_wire/shape.ts";
import { type Action, action, endDryRun } from "./action.ts";
import {
  readRecord,
  type ReadyRecord,
  requireSize,
  shardOf,
} from "./put_target.ts";

/** The result of one record: where it was stored, or its error. */
type Result =
  | { readonly shard: Shard; readonly number: string }
  | { readonly code: string; readonly message: string };

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
export const putRecords: Action = action({
  ...streamReference,
  Records: required(rawList({ min: 1, max: MAX_BATCH_RECORDS })),
  DryRun: flag,
}, (input, { account }) => {
  const { limits, random, maxPutRecordsBytes } = account.options;
  const records = readRecords(input.Records);
  const stream = account.stream(input);
  stream.requireReady();
  let total = 0;
  for (const record of records) {
    requireSize(stream, record);
    total += record.size;
  }
  if (total > maxPutRecordsBytes) {
    throw invalidArgument(
      `Records size exceeds ${maxPutRecordsBytes / 1_048_576} MB limit`,
    );
  }
  // Every shard is found before the first record is stored, since one invalid key fails the whole
  // request.
  const shards = records.map((record) => shardOf(stream, record, random));
  endDryRun(input);
  const now = account.now;
  const results = records.map((record, index): Result => {
    try {
      return stream.write(shards[index]!, record, now, limits.write);
    } catch (error) {
      if (!(error instanceof ServiceFault)) throw error;
      return { code: error.type, message: error.message };
    }
  });
  const changed = results.flatMap((result) =>
    "shard" in result ? [result.shard] : []
  );
  for (const shard of new Set(changed)) shard.notify();
  return new PutRecordsOutput(results, stream.encryptionType);
});

function readRecords(items: readonly unknown[]): ReadyRecord[] {
  const problems: string[] = [];
  const records = items.map((item, index) => {
    const path = `records.${index + 1}.member.`;
    if (!isObject(item)) throw serialization(`No structure at '${path}'`);
    const { Data: data, PartitionKey: key, ExplicitHashKey: hash } = item;
    if (data === undefined || data === null) {
      problems.push(failure(null, `${path}data`, "Member must not be null"));
      return { data: "", key: "", explicitHashKey: undefined, size: 0 };
    }
    if (typeof key !== "string" && key !== undefined && key !== null) {
      throw serialization(`No String at '${path}partitionKey'`);
    }
    const hasHash = hash !== undefined && hash !== null;
    return readRecord(
      {
        data: readBlob(data, `${path}data`),
        key: key ?? undefined,
        explicitHashKey: hasHash
          ? hashKey.read(hash, `${path}explicitHashKey`, problems)
          : undefined,
      },
      path,
      problems,
    );
  });
  if (problems.length) {
    const what = problems.length === 1 ? "error" : "errors";
    throw validation(
      `${problems.length} validation ${what} detected: ${problems.join("; ")}`,
    );
  }
  return records;
}

/** The answer of PutRecords: one result for each record, in the order of the request. */
class PutRecordsOutput implements LargeOutput {
  readonly #results: readonly Result[];
  readonly #encryptionType: string;

  constructor(results: readonly Result[], encryptionType: string) {
    this.#results = results;
    this.#encryptionType = encryptionType;
  }

  get records(): number {
    return this.#results.length;
  }

  get #failed(): number {
    return this.#results.filter((result) => "code" in result).length;
  }

  json(): string {
    // Shard ids and sequence numbers need no JSON escapes, so the texts are only joined.
    let text = `{"FailedRecordCount":${this.#failed},"Records":[`;
    let separator = "";
    for (const result of this.#results) {
      text += "code" in result
        ? `${separator}{"ErrorCode":"${result.code}","ErrorMessage":${
          JSON.stringify(result.message)
        }}`
        : `${separator}{"SequenceNumber":"${result.number}","ShardId":"${result.shard.id}"}`;
      separator = ",";
    }
    return `${text}],"EncryptionType":"${this.#encryptionType}"}`;
  }

  value(): Record<string, unknown> {
    return {
      FailedRecordCount: this.#failed,
      Records: this.#results.map((result) =>
        "code" in result
          ? { ErrorCode: result.code, ErrorMessage: result.message }
          : { SequenceNumber: result.number, ShardId: result.shard.id }
      ),
      EncryptionType: this.#encryptionType,
    };
  }
}
