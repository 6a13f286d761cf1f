/**
 * Tags of streams, consumers, queues and channels. The names are those of the API. `Data` is a
 * `Uint8Array`, and times are `Date`. A field that the service does not set is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
import type { StreamIdentified, StreamTarget } from "./common.ts";

/** A tag. */
export interface Tag {
  /** The key, 1 to 128 characters. */
  Key: string;
  /** The value, up to 256 characters. */
  Value?: string;
}

/** Request of `AddTagsToStream`. */
export interface AddTagsToStreamRequest extends StreamTarget {
  /** Tags by key. */
  Tags: Record<string, string>;
}

/** Request of `RemoveTagsFromStream`. */
export interface RemoveTagsFromStreamRequest extends StreamTarget {
  /** The keys. */
  TagKeys: readonly string[];
}

/** Request of `ListTagsForStream`. */
export interface ListTagsForStreamRequest extends StreamTarget {
  /** Only tags after this key are listed. */
  ExclusiveStartTagKey?: string;
  /** Page size, 1 to 50. */
  Limit?: number;
}

/** Answer of `ListTagsForStream`. */
export interface ListTagsForStreamResponse {
  /** The tags of this page. */
  Tags: Tag[];
  /** Whether there are more pages. */
  HasMoreTags: boolean;
}

/** Request of `TagResource`. */
export interface TagResourceRequest extends StreamIdentified {
  /** The ARN of a stream, consumer, queue or channel. */
  ResourceARN: string;
  /** Tags by key. */
  Tags: Record<string, string>;
}

/** Request of `UntagResource`. */
export interface UntagResourceRequest extends StreamIdentified {
  /** The ARN of a stream, consumer, queue or channel. */
  ResourceARN: string;
  /** The keys. */
  TagKeys: readonly string[];
}

/** Request of `ListTagsForResource`. */
export interface ListTagsForResourceRequest extends StreamIdentified {
  /** The ARN of a stream, consumer, queue or channel. */
  ResourceARN: string;
}

/** Answer of `ListTagsForResource`. */
export interface ListTagsForResourceResponse {
  /** The tags. */
  Tags?: Tag[];
}
