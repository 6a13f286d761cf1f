/**
 * Tags of streams and, in the newer family, of consumers too. The names are the API's own; `Data` is a `Uint8Array`, times are
 * `Date`; a field that the server left unset is absent.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/}
 * @module
 */
import type { StreamTarget } from "./common.ts";

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
  /** Lists tags after this key only. */
  ExclusiveStartTagKey?: string;
  /** Page size, 1 to 50. */
  Limit?: number;
}

/** Answer of `ListTagsForStream`. */
export interface ListTagsForStreamResponse {
  /** The tags of this page. */
  Tags: Tag[];
  /** Whether there are more. */
  HasMoreTags: boolean;
}

/** Request of `TagResource`. */
export interface TagResourceRequest {
  /** The ARN of a stream or a consumer. */
  ResourceARN: string;
  /** Tags by key. */
  Tags: Record<string, string>;
}

/** Request of `UntagResource`. */
export interface UntagResourceRequest {
  /** The ARN of a stream or a consumer. */
  ResourceARN: string;
  /** The keys. */
  TagKeys: readonly string[];
}

/** Request of `ListTagsForResource`. */
export interface ListTagsForResourceRequest {
  /** The ARN of a stream or a consumer. */
  ResourceARN: string;
}

/** Answer of `ListTagsForResource`. */
export interface ListTagsForResourceResponse {
  /** The tags. */
  Tags?: Tag[];
}
