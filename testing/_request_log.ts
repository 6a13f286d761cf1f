/**
 * What was asked of the server: a bounded record for assertions.
 *
 * @module
 */

/** One request that the server answered. */
export interface LoggedRequest {
  /** When it arrived, in milliseconds since the epoch, on the server's clock. */
  readonly at: number;
  /** The id that the answer carried. */
  readonly requestId: string;
  /** The action, for example `PutRecords`; empty if the request named none. */
  readonly action: string;
  /** The encoding of the request. */
  readonly protocol: "json" | "cbor";
  /** The members of the request, without the data of records, so that a log does not hold on to them. */
  readonly input: Readonly<Record<string, unknown>>;
  /** How many records a PutRecord or PutRecords carried, or a GetRecords returned; 0 for all others. */
  readonly records: number;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** The name of the error, if it was one. */
  readonly error?: string;
}

/** What becomes an entry of the log. */
export interface AnsweredRequest extends
  Pick<
    LoggedRequest,
    "at" | "requestId" | "action" | "protocol" | "status" | "error"
  > {
  /** The members of the request. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The answer, if it was not an error. */
  readonly output?: object;
}

/** The newest requests, up to a limit. */
export class RequestLog {
  readonly #limit: number;
  #entries: LoggedRequest[] = [];

  /** A log of at most this many requests. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The entries, oldest first. */
  get entries(): readonly LoggedRequest[] {
    return this.#entries.slice(-this.#limit || Infinity);
  }

  /** Adds an entry and forgets the oldest if there are too many. */
  add({ body, output, ...entry }: AnsweredRequest): void {
    const { Data: data, Records: records, ...input } = body;
    const read = output && "records" in output ? output.records : undefined;
    this.#entries.push({
      ...entry,
      input,
      records: Array.isArray(records)
        ? records.length
        : typeof read === "number"
        ? read
        : data === undefined
        ? 0
        : 1,
    });
    // Dropped in batches, so that a full log costs nothing for each request.
    if (this.#entries.length > this.#limit * 2) {
      this.#entries = this.#entries.slice(-this.#limit || Infinity);
    }
  }

  /** Forgets all entries. */
  clear(): void {
    this.#entries = [];
  }
}
