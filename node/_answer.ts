/**
 * A `Response` over a readable stream of Node.js.
 *
 * @module
 */
import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { concat, unfilled } from "../_core/bytes.ts";
import { setOwnBuffers } from "../_core/fetch.ts";
import { onAbort } from "../_core/on_abort.ts";
import { failure } from "./_request.ts";

/** Status and headers of an answer, and the stream with its body. */
export interface AnswerParts {
  /** The URL of the request. */
  readonly url: string;
  /** The HTTP status. */
  readonly status: number;
  /** The text after the status. Empty over HTTP/2. */
  readonly statusText: string;
  /** The headers. */
  readonly headers: Headers;
  /** The body. It is paused. */
  readonly source: Readable;
  /** Whether a body that has ended is the whole body. */
  isComplete(): boolean;
  /** Ends the reading of the body. */
  readonly signal: AbortSignal | undefined;
  /** Whether an answer to this request has no body, whatever its headers say. */
  readonly bodiless: boolean;
  /** Whether the body of the request has been passed on to the system. Absent if it is not known. */
  hasSent?(): boolean;
}

/** Memory for an announced length is allocated up to so many bytes: the announcement may be false. */
const MOST_AT_ONCE = 64 * 1024 * 1024;

/** What ends the reading of a body. */
type Ending = Pick<AnswerParts, "signal" | "isComplete">;

/** The statuses that have no body. https://fetch.spec.whatwg.org/#null-body-status */
const NULL_BODY = new Set([101, 103, 204, 205, 304]);

/**
 * The answer to a request. `arrayBuffer()` collects the chunks of the stream of Node.js without a
 * web stream between: creating a `Response` with a `ReadableStream` takes longer than receiving a
 * small answer. What is rarely needed is done by a real `Response` that is created then.
 */
export class Answer implements Response {
  /** The HTTP status. */
  readonly status: number;
  /** The text after the status. */
  readonly statusText: string;
  /** The headers. */
  readonly headers: Headers;
  /** The URL of the request. */
  readonly url: string;
  /** Redirects are not followed. */
  readonly redirected = false;
  /** As that of an answer from the same origin. */
  readonly type = "default";
  readonly #source: Readable | undefined;
  readonly #parts: AnswerParts;
  #collected = false;
  #response: Response | undefined;

  /** Wraps a stream that has not been read. */
  constructor(parts: AnswerParts) {
    const { url, status, statusText, headers, source, bodiless } = parts;
    this.#parts = parts;
    this.url = url;
    this.status = status;
    this.statusText = statusText;
    this.headers = headers;
    // An error before the body is read would end the process. Reading reports it.
    source.on("error", () => {});
    if (bodiless || NULL_BODY.has(status)) {
      // The connection is free only after the end of the answer was read.
      source.resume();
    } else this.#source = decoded(source, headers);
  }

  /** Whether there is a body, even an empty one. */
  get hasBody(): boolean {
    return this.#source !== undefined;
  }

  /** Whether the body of the request is not used any more. */
  get hasSentBody(): boolean {
    return this.#parts.hasSent?.() ?? false;
  }

  /** Whether the status is 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The body as a stream, `null` if the answer has none. */
  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#whole().body;
  }

  /** Whether the body has been read, at least in part. */
  get bodyUsed(): boolean {
    return this.#collected || (this.#response?.bodyUsed ?? false);
  }

  static {
    setOwnBuffers(this.prototype.arrayBuffer);
  }

  /** The whole body. */
  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#mayCollect()
      ? (await this.#collect()).buffer
      : await this.#whole().arrayBuffer();
  }

  /** The whole body. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer());
  }

  /** The whole body as text. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer());
  }

  /** The body as texts, as they arrive. */
  textStream(): ReadableStream<string> {
    const body = this.body ?? new Blob([]).stream();
    return body.pipeThrough(new TextDecoderStream());
  }

  /** The whole body, parsed. */
  // deno-lint-ignore no-explicit-any -- The type of `Response`.
  async json(): Promise<any> {
    return JSON.parse(await this.text());
  }

  /** The whole body as a `Blob`. */
  blob(): Promise<Blob> {
    return this.#whole().blob();
  }

  /** The whole body as a form. */
  formData(): Promise<FormData> {
    return this.#whole().formData();
  }

  /** A second answer with the same body. */
  clone(): Response {
    return this.#whole().clone();
  }

  /** Whether nothing has touched the body, so that it can be collected without a web stream. */
  #mayCollect(): boolean {
    return this.#source !== undefined && this.#response === undefined &&
      !this.#collected;
  }

  #collect(): Promise<Uint8Array<ArrayBuffer>> {
    this.#collected = true;
    const announced = this.headers.has("content-encoding")
      ? 0
      : Number(this.headers.get("content-length") ?? 0);
    return collect(this.#source!, announced, this.#parts);
  }

  #whole(): Response {
    if (this.#response) return this.#response;
    if (this.#collected) {
      throw new TypeError("Cannot read the body: it has already been read");
    }
    const { status, statusText, headers } = this;
    const stream = this.#source && streamOf(this.#source, this.#parts);
    // `Response` has no status below 200.
    const shown = status < 200 ? 200 : status;
    return this.#response = new Response(
      NULL_BODY.has(status) ? null : stream ?? null,
      { status: shown, statusText, headers },
    );
  }
}

function decoded(source: Readable, headers: Headers): Readable {
  const encoding = headers.get("content-encoding")?.trim().toLowerCase();
  const decoder = encoding === "gzip" || encoding === "x-gzip"
    ? createGunzip()
    : encoding === "deflate"
    ? createInflate()
    : encoding === "br"
    ? createBrotliDecompress()
    : undefined;
  if (!decoder) return source;
  // The errors of a source pass to the decoder, which is read.
  return pipeline(source, decoder, () => {});
}

function incomplete(): Error {
  return new Error("the connection ended in the middle of the answer");
}

/**
 * Listens to a stream that nothing has read. `end` is called once: without an argument after the
 * last chunk, else with the error.
 */
function listen(
  source: Readable,
  { signal, isComplete }: Ending,
  chunk: (chunk: Uint8Array<ArrayBuffer>) => void,
  end: (error?: unknown) => void,
): void {
  let hasEnded = false;
  const finish = (error?: unknown) => {
    if (hasEnded) return;
    hasEnded = true;
    stopListening();
    end(error);
  };
  let stopListening = () => {};
  stopListening = onAbort(signal, () => {
    // First, so that the reason of the signal is reported, not the error of the destroyed stream.
    finish(signal!.reason);
    source.destroy();
  });
  if (hasEnded) return;
  if (source.destroyed) {
    finish(failure(source.errored ?? incomplete()));
    return;
  }
  source.on("data", chunk);
  source.on("end", () => {
    finish(isComplete() ? undefined : failure(incomplete()));
  });
  source.on("error", (error) => finish(failure(error)));
  source.on("close", () => {
    // An error is made with its stack, which takes time.
    if (!hasEnded) finish(failure(incomplete()));
  });
}

/** Reads a stream to its end. A known length saves the memory for a second copy. */
function collect(
  source: Readable,
  announced: number,
  ending: Ending,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let whole: Uint8Array<ArrayBuffer> | undefined;
    let length = 0;
    listen(source, ending, (chunk) => {
      if (
        length === 0 && announced > chunk.length && announced <= MOST_AT_ONCE
      ) whole = unfilled(announced);
      if (whole && length + chunk.length > whole.length) {
        chunks.push(whole.subarray(0, length));
        whole = undefined;
      }
      if (whole) whole.set(chunk, length);
      else chunks.push(chunk);
      length += chunk.length;
    }, (error) => {
      if (error !== undefined) reject(error);
      else if (whole?.length === length) resolve(whole);
      else if (whole) resolve(whole.slice(0, length));
      // A copy, since chunks of Node.js are views of larger buffers.
      else resolve(concat(chunks, length));
    });
  });
}

/** A web stream that reads only while it is read. */
function streamOf(
  source: Readable,
  ending: Ending,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      listen(source, ending, (chunk) => {
        source.pause();
        // A copy: the chunk can be a view of a larger buffer that Node.js uses again.
        controller.enqueue(new Uint8Array(chunk));
      }, (error) => {
        // The stream has already ended if its reader has cancelled it.
        try {
          if (error !== undefined) controller.error(error);
          else controller.close();
        } catch {
          // As above.
        }
      });
      source.pause();
    },
    pull() {
      source.resume();
    },
    cancel() {
      source.destroy();
    },
  }, { highWaterMark: 0 });
}
