/**
 * The limits of the service, each with its unit and the page that documents it.
 *
 * @module
 */

/**
 * Most records in one PutRecords.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
export const MAX_BATCH_RECORDS: number = 500;

/**
 * Most bytes in one PutRecords, data and partition keys.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
 */
export const MAX_BATCH_BYTES: number = 10 * 1024 * 1024;

/**
 * Most bytes in one record, data and partition key, unless the stream has a higher
 * MaxRecordSizeInKiB. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
 */
export const DEFAULT_RECORD_BYTES: number = 1024 * 1024;

/**
 * Most bytes in one record of any stream.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html
 */
export const MAX_RECORD_BYTES: number = 10 * 1024 * 1024;

/**
 * Most records in one GetRecords.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
 */
export const MAX_READ_RECORDS: number = 10_000;

/**
 * Most bytes of data in one answer of GetRecords.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
 */
export const MAX_READ_BYTES: number = 10 * 1024 * 1024;

/**
 * GetRecords calls per second and shard, all readers together.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
 */
export const SHARD_READS_PER_SECOND: number = 5;

/**
 * The lifetime of a subscription, in milliseconds.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html
 */
export const SUBSCRIPTION_LIFE_MS: number = 300_000;

/**
 * The shortest time between the starts of two subscriptions of a consumer to the same shard, in
 * milliseconds. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html
 */
export const RESUBSCRIBE_AFTER_MS: number = 5000;

/**
 * Most digits of a sequence number.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html
 */
export const MAX_SEQUENCE_NUMBER_DIGITS: number = 129;

/**
 * Records that can be written to a shard per second.
 * https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
 */
export const SHARD_WRITE_RECORDS_PER_SECOND: number = 1000;

/**
 * Bytes that can be written to a shard per second.
 * https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
 */
export const SHARD_WRITE_BYTES_PER_SECOND: number = 1024 * 1024;

/**
 * Most bytes of an answer that are read. The largest answer of Kinesis is smaller: GetRecords sends
 * up to 10 MiB of data, as base64, with up to 10 000 partition keys and sequence numbers.
 */
export const MAX_RESPONSE_BYTES: number = 64 * 1024 * 1024;

/**
 * Most bytes of an answer of ReceiveQueueRecords that are read: 10 records of 10 MiB as base64, and
 * 4 MiB for their other members. No limit for all records of an answer is documented.
 */
export const MAX_QUEUE_RESPONSE_BYTES: number = 138 * 1024 * 1024;

/**
 * Longest partition key, in Unicode characters.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecordsRequestEntry.html
 */
export const MAX_PARTITION_KEY_CHARACTERS: number = 256;

/**
 * Largest hash key: 2^128 - 1.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/API_HashKeyRange.html
 */
export const MAX_HASH_KEY: bigint = (1n << 128n) - 1n;

/**
 * Largest difference between the time of a signature and the clock of the service, in milliseconds.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
 */
export const MAX_SIGNATURE_SKEW_MS: number = 5 * 60_000;
