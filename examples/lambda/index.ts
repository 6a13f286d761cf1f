/**
 * An AWS Lambda function that reads a stream. `examples/infra` has its mapping and its permissions.
 *
 *     deno bundle --minify --platform browser --output index.mjs index.ts
 *     zip reader.zip index.mjs
 *
 * @module
 */
import { jsonValues, kinesisHandler } from "@webstreams/kinesis/lambda";

/** An event of the stream. */
interface Order {
  readonly id: number;
  readonly total: number;
}

/** What Lambda calls. */
export const handler = kinesisHandler<Order>({
  processor: jsonValues<Order>(),
  // The orders of one customer, whose id is the partition key, one after another.
  ordering: "key",
  concurrency: 16,
  handler: async ({ id, value }, { signal }) => {
    signal.throwIfAborted();
    if (typeof value.total !== "number") {
      throw new TypeError(`Order ${value.id} has no total`);
    }
    // Your work. An order may come again: `id` is the same then.
    await Promise.resolve(id);
    console.log(`order ${value.id}`);
  },
  onFailure: ({ error, sequenceNumber }) =>
    console.error(`Record ${sequenceNumber} will come again:`, error),
});
