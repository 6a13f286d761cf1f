/**
 * The type of values in CBOR requests and answers.
 *
 * @module
 */

/** A value in a request or answer. Properties that are `undefined` are left out when encoding. */
export type CborValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | readonly CborValue[]
  | { readonly [key: string]: CborValue };
