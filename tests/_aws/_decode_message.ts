import {
  type EventStreamDecoderOptions,
  type EventStreamMessage,
  MessageAssembler,
} from "../../_aws/event_stream_message.ts";
import { ResponseError } from "../../errors.ts";

/**
 * Decodes exactly one message. Throws a ResponseError if the bytes are damaged, incomplete or more
 * than one.
 */
export function decodeMessage(
  bytes: Uint8Array,
  options?: EventStreamDecoderOptions,
): EventStreamMessage {
  const messages: EventStreamMessage[] = [];
  const assembler = new MessageAssembler(options);
  assembler.push(bytes, (message) => messages.push(message));
  assembler.end();
  if (messages.length === 1) return messages[0]!;
  throw new ResponseError(`The bytes have ${messages.length} messages`, {
    status: 200,
  });
}
