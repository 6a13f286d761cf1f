/**
 * The type of `fetch`, so that the network can be passed as a parameter.
 *
 * @module
 */

/** The part of `fetch` that this library uses. */
export type Fetch = (
  input: string | URL,
  init?: RequestInit,
) => Promise<Response>;
