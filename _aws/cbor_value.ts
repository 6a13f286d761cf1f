/**
 * The values that requests and answers are made of.
 *
 * @module
 */

/** What a request or answer can hold. Properties that are `undefined` are left out when encoding. */
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
