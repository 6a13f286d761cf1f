/**
 * Checks that each line of the input fits into a record and can be read back unchanged.
 *
 * @module
 */
import { type EncodedRecord, InvalidRecordError } from "@webstreams/kinesis";
import type { Processor, Put } from "@webstreams/kinesis/processors";
import { contentText } from "./content.ts";
import type { Envelope, LineEntry } from "./envelope.ts";
import { oneLine } from "./errors.ts";
import { UsageError } from "./options.ts";

/** Stands for the id of the run, which is not known yet. Every id has as many characters. */
const RUN = "00000000";

interface LinePut extends Put<Envelope> {
  readonly line: number;
}

/**
 * Packs and unpacks every line with the processor of the demo. A line that does not fit, or that
 * the processor would change, is therefore found before a stream is created. Resolves with the
 * number of lines.
 *
 * @throws {UsageError} if a line cannot be used
 */
export async function checkInput(
  entries: AsyncIterable<LineEntry>,
  processor: Processor<Envelope>,
  name: string,
): Promise<number> {
  const records: EncodedRecord<LinePut>[] = [];
  const packer = processor.createPacker<LinePut>({
    emit: (record) => records.push(record),
  });
  let total = 0;
  for await (const { key, value, line } of entries) {
    const envelope = { run: RUN, position: total++, key, value };
    try {
      await packer.push({ value: envelope, partitionKey: key, line });
    } catch (error) {
      throw unusable(line, name, reasonOf(error), error);
    }
    for (const record of records.splice(0)) {
      await checkRecord(record, processor, name);
    }
  }
  await packer.flush();
  for (const record of records) await checkRecord(record, processor, name);
  return total;
}

async function checkRecord(
  { data, partitionKey, puts }: EncodedRecord<LinePut>,
  processor: Processor<Envelope>,
  name: string,
): Promise<void> {
  const items = await processor.unpack({
    data,
    partitionKey,
    streamName: name,
    shardId: "shardId-000000000000",
    sequenceNumber: "0",
    approximateArrivalTimestamp: new Date(),
  });
  for (const [i, { value, line }] of puts.entries()) {
    const item = items[i];
    if (
      item?.type !== "value" || contentText(item.value) !== contentText(value)
    ) {
      const reason = `${processor.name} would change its content`;
      throw unusable(line, name, reason);
    }
  }
}

function unusable(
  line: number,
  name: string,
  reason: string,
  cause?: unknown,
): UsageError {
  return new UsageError(`Cannot use line ${line} of ${name}: ${reason}`, {
    cause,
  });
}

/**
 * The reason without the partition key: without `--key` the demo chooses the key, so the user does
 * not know it.
 */
function reasonOf(error: unknown): string {
  const hasReason = error instanceof InvalidRecordError && error.cause;
  return oneLine(hasReason ? error.cause : error);
}
