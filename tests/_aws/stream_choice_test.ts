import { assertEquals, assertThrows } from "@std/assert";
import { chooseStream } from "../../_aws/stream_choice.ts";
import { Consumer, Producer } from "../../mod.ts";
import { json } from "../../processors/mod.ts";

const ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";

Deno.test("chooseStream accepts a name or an ARN", () => {
  assertEquals(chooseStream("Cannot read", { streamName: "orders" }), {
    target: { StreamName: "orders" },
    stream: "orders",
    streamName: "orders",
  });
  assertEquals(chooseStream("Cannot read", { streamARN: ARN }), {
    target: { StreamARN: ARN },
    stream: ARN,
    streamName: "orders",
  });
});

Deno.test("Producer and Consumer reject no stream, two streams and a stream that is not text, with the reason", () => {
  const processor = json<number>();
  const one = "exactly one of 'streamName' and 'streamARN' must be given";
  const text = "'streamName' or 'streamARN' must be a text that is not empty";
  for (
    const [stream, rule] of [
      [{}, one],
      [{ streamName: "orders", streamARN: ARN }, one],
      [{ streamName: "" }, text],
      [{ streamARN: "" }, text],
      [{ streamName: 7 as unknown as string }, text],
      [{ streamName: null as unknown as string }, text],
    ] as const
  ) {
    for (const Stream of [Producer<number>, Consumer<number>]) {
      assertThrows(
        () => new Stream({ processor, ...stream }),
        TypeError,
        `Cannot create ${Stream.name} as ${rule}`,
      );
    }
  }
});
