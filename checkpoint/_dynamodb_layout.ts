/**
 * The two layouts of the KCL's lease table: for one stream, and for many.
 *
 * @module
 */
import type { OptionCheck } from "../_core/option_check.ts";
import { KinesisError } from "../errors.ts";
import type { Attribute, Item } from "./_dynamodb_client.ts";

/** How the rows of a table name their stream and shard. */
export interface Layout {
  /**
   * The key of a row.
   *
   * @throws {KinesisError} `TableOfOtherStream` if the table cannot hold this stream
   */
  keyOf(streamName: string, shardId: string): string;
  /** The attributes that name the stream and the shard in a new row, besides the key. */
  marksOf(streamName: string, shardId: string): Item;
  /** The attributes that are added to a row of the KCL when it is taken. */
  laterMarksOf(streamName: string): Item;
  /** The members of a Scan that leave out the rows of other streams. */
  filterOf(streamName: string): object;
  /**
   * The shard of a row.
   *
   * @throws {KinesisError} `TableOfOtherStream` if the row is of another stream or layout
   */
  shardIdOf(item: Item, streamName: string): string;
}

/** The option `multiStream`: the identifiers of the KCL by stream, or `true` for none. */
export type MultiStream = boolean | Readonly<Record<string, string>>;

/**
 * Chooses the layout.
 *
 * @throws {TypeError} if `multiStream` is neither a boolean nor an object with texts
 */
export function layoutOf(
  table: string,
  multiStream: MultiStream | undefined,
  check: OptionCheck,
): Layout {
  if (typeof multiStream === "object") {
    check.object("multiStream", multiStream);
    for (const [stream, identifier] of Object.entries(multiStream)) {
      check.text(`multiStream[${JSON.stringify(stream)}]`, identifier);
    }
    const identifiers = new Map(Object.entries(multiStream));
    return new MultiStreamLayout(table, identifiers);
  }
  return check.type("multiStream", multiStream, "boolean")
    ? new MultiStreamLayout(table, undefined)
    : new SingleStreamLayout(table);
}

/** Names the stream of a row. The KCL does not know this attribute and leaves it as it is. */
const STREAM_MARK = "webstreamsStreamName";

/** The key is the id of the shard. All rows belong to one stream. */
class SingleStreamLayout implements Layout {
  readonly #table: string;
  #streamName: string | undefined;

  constructor(table: string) {
    this.#table = table;
  }

  keyOf(streamName: string, shardId: string): string {
    this.#settle(streamName);
    return shardId;
  }

  marksOf(streamName: string): Item {
    return { [STREAM_MARK]: { S: streamName } };
  }

  laterMarksOf(streamName: string): Item {
    return this.marksOf(streamName);
  }

  filterOf(streamName: string): object {
    this.#settle(streamName);
    return {};
  }

  shardIdOf(item: Item, streamName: string): string {
    const key = item.leaseKey?.S ?? "";
    const stored = item[STREAM_MARK]?.S;
    if (item.streamName && item.shardId) {
      throw this.#refusal(
        `its row "${key}" is of a KCL for many streams: pass 'multiStream'`,
      );
    }
    if (stored !== undefined && !areSame(stored, streamName)) {
      throw this.#refusal(
        `its row "${key}" is of stream "${stored}", and this one is "${streamName}". ${ONE_STREAM}`,
      );
    }
    return key;
  }

  /** Notes the stream of the first call. Throws if there was a call with another stream. */
  #settle(streamName: string): void {
    this.#streamName ??= streamName;
    if (areSame(this.#streamName, streamName)) return;
    throw this.#refusal(
      `it is in use for stream "${this.#streamName}", and this one is "${streamName}". ${ONE_STREAM}`,
    );
  }

  #refusal(reason: string): KinesisError {
    return otherStream(this.#table, reason);
  }
}

const ONE_STREAM =
  "A table without 'multiStream' holds one stream: give each stream a table, or pass 'multiStream'";

/** The key is the identifier of the stream, a colon, and the id of the shard. */
class MultiStreamLayout implements Layout {
  readonly #table: string;
  readonly #identifiers: ReadonlyMap<string, string> | undefined;

  constructor(
    table: string,
    identifiers: ReadonlyMap<string, string> | undefined,
  ) {
    this.#table = table;
    this.#identifiers = identifiers;
  }

  keyOf(streamName: string, shardId: string): string {
    // The ids of Kinesis have no colon and no percent sign and stay as they are. Others are
    // escaped, so that the last colon always ends the identifier.
    const escaped = shardId.replace(/[%:]/g, encodeURIComponent);
    return `${this.#identifierOf(streamName)}:${escaped}`;
  }

  marksOf(streamName: string, shardId: string): Item {
    return {
      streamName: { S: this.#identifierOf(streamName) },
      shardId: { S: shardId },
    };
  }

  laterMarksOf(): Item {
    return {};
  }

  filterOf(streamName: string): object {
    const stream: Attribute = { S: this.#identifierOf(streamName) };
    // Rows without a stream are read too: they are not of this layout, or no leases.
    return {
      FilterExpression:
        "#streamName = :streamName OR attribute_not_exists(#streamName)",
      ExpressionAttributeNames: { "#streamName": "streamName" },
      ExpressionAttributeValues: { ":streamName": stream },
    };
  }

  shardIdOf(item: Item): string {
    if (item.streamName?.S && item.shardId?.S) return item.shardId.S;
    throw otherStream(
      this.#table,
      `its row "${item.leaseKey?.S}" is of a table for one stream: leave out 'multiStream'`,
    );
  }

  #identifierOf(streamName: string): string {
    if (!this.#identifiers) return streamName;
    const identifier = this.#identifiers.get(streamName);
    if (identifier !== undefined) return identifier;
    throw otherStream(
      this.#table,
      `'multiStream' has no identifier for stream "${streamName}": ` +
        'add it, as "account:stream:epoch of its creation in seconds"',
    );
  }
}

function otherStream(table: string, reason: string): KinesisError {
  return new KinesisError(
    `Cannot use the lease table "${table}" as ${reason}`,
    { code: "TableOfOtherStream" },
  );
}

/** Whether two names or ARNs may be of the same stream: a name says nothing about the account. */
function areSame(one: string, other: string): boolean {
  if (one.startsWith("arn:") && other.startsWith("arn:")) return one === other;
  return nameOf(one) === nameOf(other);
}

function nameOf(stream: string): string {
  return stream.startsWith("arn:")
    ? stream.slice(stream.indexOf("/") + 1)
    : stream;
}
