/**
 * The header that asks for duplicates.
 *
 * @module
 */

/**
 * In a request that receives queue records: how many records shall be delivered again although they
 * are in flight or acknowledged. In its answer: how many were. The service knows no such header.
 * It does not change the body, so the signature of a request stays valid.
 */
export const DUPLICATES_HEADER = "x-kinesis-testing-duplicates";
