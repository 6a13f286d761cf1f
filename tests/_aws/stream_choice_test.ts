import { assertEquals, assertThrows } from "@std/assert";
import { chooseStream } from "../../_aws/stream_choice.ts";
import { OptionCheck } from "../../_core/option_check.ts";
import { Consumer, Producer } from "../../mod.ts";
import { json } from "../../processors/mod.ts";

const ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";

Deno.test("chooseStream accepts a name or an ARN", () => {
  const check = new OptionCheck("Cannot read");
  assertEquals(chooseStream(check, { streamName: "orders" }), {
    target: { StreamName: "orders" },
    stream: "orders",
    streamName: "orders",
  });
  assertEquals(chooseStream(check, { streamARN: ARN }), {
    target: { StreamARN: ARN },
    stream: ARN,
    streamName: "orders",
  });
});

Deno.test("Producer and Consumer reject no stream, two streams and a stream that is not text, with the reason", () => {
  const processor = json<number>();
  const one = "exactly one of 'streamName' and 'streamARN' must be given";
  const text = "must be a text that is not empty: current value is";
  for (
    const [stream, rule] of [
      [{}, one],
      [{ streamName: "orders", streamARN: ARN }, one],
      [{ streamName: "" }, `'streamName' ${text} ""`],
      [{ streamARN: "" }, `'streamARN' ${text} ""`],
      [{ streamName: 7 as unknown as string }, `'streamName' ${text} 7`],
      [{ streamName: null as unknown as string }, `'streamName' ${text} null`],
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
