/**
 * Splits streams of bytes into frames and joins frames to streams of bytes: lines, netstrings, and
 * the elements of a JSON array. The chunks of the input may be split anywhere. Processors do not
 * use these streams: their framings work on whole records.
 *
 * ```ts
 * import { NewlineDecoderStream } from "@webstreams/kinesis/framing";
 * import { assertEquals } from "@std/assert";
 *
 * const { body } = new Response("one\ntwo\n"); // for example the answer of fetch(…)
 * const lines: string[] = [];
 * for await (const line of body!.pipeThrough(new NewlineDecoderStream())) {
 *   lines.push(new TextDecoder().decode(line));
 * }
 * assertEquals(lines, ["one", "two"]);
 * ```
 *
 * @module
 */
export { ListDecoderStream, ListEncoderStream } from "./list_stream.ts";
export {
  NetstringDecoderStream,
  NetstringEncoderStream,
} from "./netstring_stream.ts";
export {
  NewlineDecoderStream,
  NewlineEncoderStream,
} from "./newline_stream.ts";
export type { FrameStreamOptions } from "./options.ts";
