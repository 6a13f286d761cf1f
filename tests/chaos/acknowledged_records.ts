/**
 * Records which positions PutRecords has acknowledged to a client.
 *
 * @module
 */
import type { Fetch } from "../../client/mod.ts";
import { placeOf } from "./stored.ts";

/** Reads a copy of the answers of PutRecords on their way to the client. */
export class AcknowledgedRecords {
  /**
   * The positions of the records in answers that arrived completely. The answer for any other
   * stored record was lost.
   */
  readonly acknowledged: Set<string> = new Set();
  /** Requests that were sent. */
  requests = 0;
  /** Answers that arrived completely and are not damaged. */
  answers = 0;

  /** Wraps a `fetch`. */
  watch(fetch: Fetch): Fetch {
    return async (input, init) => {
      const target = new Headers(init?.headers).get("x-amz-target") ?? "";
      if (!target.endsWith(".PutRecords")) return await fetch(input, init);
      this.requests++;
      const response = await fetch(input, init);
      if (!response.ok || !response.body) return response;
      const { status, headers } = response;
      const body = response.body.pipeThrough(this.#copy());
      return new Response(body, { status, headers });
    };
  }

  /** Passes chunks on, and reads the complete answer after the last chunk. */
  #copy(): TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
    const decoder = new TextDecoder();
    let text = "";
    return new TransformStream({
      transform: (chunk, controller) => {
        text += decoder.decode(chunk, { stream: true });
        controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
      },
      flush: () => this.#note(text),
    });
  }

  #note(text: string): void {
    let answer: { Records?: { ShardId?: string; SequenceNumber?: string }[] };
    try {
      answer = JSON.parse(text);
    } catch {
      return; // A lost answer: it says that it is complete and is not.
    }
    this.answers++;
    for (const { ShardId, SequenceNumber } of answer.Records ?? []) {
      if (!ShardId || !SequenceNumber) continue;
      const place = placeOf({
        shardId: ShardId,
        sequenceNumber: SequenceNumber,
      });
      this.acknowledged.add(place);
    }
  }
}
