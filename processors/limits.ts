/**
 * Limits of the service that packing depends on.
 *
 * @module
 */

/**
 * The default limit of a record in bytes, data and partition key. A stream can have a higher limit.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
export const DEFAULT_MAX_RECORD_BYTES: number = 1_048_576;

/**
 * The highest limit of a record that a stream can have, in bytes.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html
 */
export const LARGEST_RECORD_BYTES: number = 10_485_760;

/**
 * Longest partition key, in Unicode characters.
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecordsRequestEntry.html
 */
export const MAX_PARTITION_KEY_CHARACTERS: number = 256;

/** Largest explicit hash key: 2^128 - 1. */
export const MAX_HASH_KEY: bigint = (1n << 128n) - 1n;
