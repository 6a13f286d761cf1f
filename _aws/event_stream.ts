/**
 * Decodes the body of a SubscribeToShard answer to messages.
 *
 * @module
 */
import {
  type EventStreamDecoderOptions,
  type EventStreamMessage,
  MessageAssembler,
} from "./event_stream_message.ts";

/**
 * Transforms bytes to messages. The chunks of the input may be split anywhere. A damaged message
 * errors the stream with a {@linkcode ResponseError} that names the damage.
 */
export class EventStreamDecoderStream
  extends TransformStream<Uint8Array, EventStreamMessage> {
  /** Makes a decoder. It buffers at most one message and one chunk. */
  constructor(options: EventStreamDecoderOptions = {}) {
    const assembler = new MessageAssembler(options);
    super({
      transform: (chunk, controller) =>
        assembler.push(chunk, (message) => controller.enqueue(message)),
      flush: () => assembler.end(),
    });
  }
}
