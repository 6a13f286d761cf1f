/**
 * The log of the requests that the server answered, for assertions in tests. Its size is bounded.
 *
 * @module
 */

/** One request that the server answered. */
export interface LoggedRequest {
  /** When the request arrived, in milliseconds since the epoch on the server's clock. */
  readonly at: number;
  /** The request id in the answer's `x-amzn-requestid` header. */
  readonly requestId: string;
  /** The action, for example `PutRecords`. Empty if the request named none. */
  readonly action: string;
  /** The encoding of the request. */
  readonly protocol: "json" | "cbor";
  /**
   * The members of the request except Data and Records, so that the log keeps no record data alive.
   */
  readonly input: Readonly<Record<string, unknown>>;
  /**
   * The number of records that a PutRecord or PutRecords carried, or that a GetRecords or a receive
   * of queue records returned; otherwise 0.
   */
  readonly records: number;
  /** The HTTP status of the answer. */
  readonly status: number;
  /**
   * The exception name, for example `ResourceNotFoundException`. Absent if the action succeeded.
   */
  readonly error?: string;
}

/** A request and its answer, from which an entry of the log is made. */
export interface AnsweredRequest extends
  Pick<
    LoggedRequest,
    "at" | "requestId" | "action" | "protocol" | "status" | "error"
  > {
  /** The members of the request. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The answer. Absent if the action failed. */
  readonly output?: object;
}

/** The latest requests, up to a limit. */
export class RequestLog {
  readonly #limit: number;
  #entries: LoggedRequest[] = [];

  /** Makes a log of at most `limit` requests. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The entries, oldest first. */
  get entries(): readonly LoggedRequest[] {
    return this.#entries.slice(-this.#limit || Infinity);
  }

  /** Adds an entry. Removes the oldest entries if there are too many. */
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
    // Old entries are removed `limit` at a time: removing one for each request would copy the whole
    // log each time.
    if (this.#entries.length > this.#limit * 2) {
      this.#entries = this.#entries.slice(-this.#limit || Infinity);
    }
  }

  /** Removes all entries. */
  clear(): void {
    this.#entries = [];
  }
}
