import { assert, assertEquals, assertRejects } from "@std/assert";
import { DecodeError } from "../../errors.ts";
import {
  decodeEvent,
  type EventFailure,
  jsonValues,
  kinesisHandler,
} from "../../lambda/mod.ts";
import { json, string } from "../../processors/mod.ts";
import { recordId } from "../../record_id.ts";
import { CAPTURED, idsOf, recordOf, STREAM_ARN, windowOf } from "./_events.ts";

Deno.test("kinesisHandler hands out the values of AWS's example event, with stream, shard, id and time", async () => {
  const seen: unknown[] = [];
  const handler = kinesisHandler({
    processor: string(),
    handler: (record) => void seen.push({ ...record, id: record.id }),
  });
  assertEquals(await handler(CAPTURED), { batchItemFailures: [] });
  const [first] = CAPTURED.Records;
  const place = {
    shardId: "shardId-000000000006",
    sequenceNumber: first.kinesis.sequenceNumber,
    subSequenceNumber: 0,
  };
  assertEquals(seen[0], {
    ...place,
    value: "Hello, this is a test.",
    streamName: "lambda-stream",
    streamARN: STREAM_ARN,
    partitionKey: "1",
    explicitHashKey: undefined,
    approximateArrivalTimestamp: new Date(1545084650987),
    id: recordId(place),
  });
  assertEquals(seen.length, 2);
});

Deno.test("kinesisHandler knows the stream of an event of enhanced fan-out", async () => {
  const arn = `${STREAM_ARN}/consumer/billing:1545084650`;
  let seen: unknown;
  const handler = kinesisHandler({
    processor: string(),
    handler: ({ streamName, streamARN }) =>
      void (seen = [streamName, streamARN]),
  });
  await handler({ Records: [recordOf("a", "1", { arn })] });
  assertEquals(seen, ["lambda-stream", STREAM_ARN]);
});

Deno.test("jsonValues reads what json() reads, and keeps a record that is not JSON in its error", async () => {
  const failures: EventFailure<unknown>[] = [];
  const seen: unknown[] = [];
  const handler = kinesisHandler({
    processor: jsonValues(),
    ordering: "none",
    handler: ({ value }) => void seen.push(value),
    onFailure: (failure) => failures.push(failure),
  });
  const invalid = new Uint8Array([34, 255, 34]);
  const Records = ['{"a":"ü"}', "7", "nope", invalid]
    .map((data, index) => recordOf(data, `${index}`));
  assertEquals(idsOf(await handler({ Records })), ["2", "3"]);
  assertEquals(seen, [{ a: "ü" }, 7]);
  const error = failures[1]!.error;
  assert(error instanceof DecodeError);
  assertEquals(error.record.data, invalid);
});

Deno.test("kinesisHandler takes records of all partitions of AWS, and records without a partition key", async () => {
  for (const partition of ["aws", "aws-cn", "aws-us-gov", "aws-iso-b"]) {
    for (const suffix of ["", "/consumer/billing:1545084650"]) {
      const arn = `arn:${partition}:kinesis:a-b-1:123456789012:stream/my.s_1-x`;
      const record = recordOf("1", "7", { arn: arn + suffix });
      const { partitionKey: _, ...kinesis } = record.kinesis;
      const seen: unknown[] = [];
      const handler = kinesisHandler({
        processor: json(),
        handler: ({ streamARN, streamName, partitionKey }) =>
          void seen.push([streamARN, streamName, partitionKey]),
      });
      const event = { Records: [record, { ...record, kinesis }] };
      assertEquals(idsOf(await handler(event)), []);
      assertEquals(seen, [
        [arn, "my.s_1-x", "1"],
        [arn, "my.s_1-x", undefined],
      ]);
    }
  }
});

Deno.test("kinesisHandler says what is wrong with an event, and processes nothing of it", async () => {
  const good = recordOf("1", "7");
  const cases: [unknown, string][] = [
    [null, "it has no 'Records'"],
    [{ records: [] }, "it has no 'Records'"],
    [{ Records: [good, null] }, "a record is not of Kinesis"],
    [{ Records: [good, { ...good, eventID: undefined }] }, 'is "undefined"'],
    [{ Records: [good, { ...good, eventID: "7" }] }, 'eventID is "7"'],
    [{ Records: [good, { ...good, kinesis: {} }] }, "is not of Kinesis"],
    [
      { Records: [good, { ...good, eventSourceARN: "arn:aws:sqs:a:1:q" }] },
      'eventSourceARN is "arn:aws:sqs:a:1:q"',
    ],
    [
      {
        Records: [good, { ...good, kinesis: { ...good.kinesis, data: "!" } }],
      },
      'the data of record "7" is not base64',
    ],
    [windowOf({ Records: [good] }), "use kinesisWindowHandler"],
  ];
  const handler = kinesisHandler({
    processor: json(),
    handler: () => assert(false),
  });
  for (const [event, message] of cases) {
    await assertRejects(() => handler(event as never), TypeError, message);
  }
  assertEquals(idsOf(await handler({ Records: [] })), []);
});

Deno.test("decodeEvent refuses wrong options", async () => {
  for (const options of [undefined, {}, { processor: json(), strays: 1 }]) {
    await assertRejects(
      async () =>
        await Array.fromAsync(decodeEvent(CAPTURED, options as never)),
      TypeError,
      "Cannot decode the event as '",
    );
  }
});
