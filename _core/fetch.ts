/**
 * The network as a parameter.
 *
 * @module
 */

/** The shape of `fetch` that this library needs. */
export type Fetch = (
  input: string | URL,
  init?: RequestInit,
) => Promise<Response>;
