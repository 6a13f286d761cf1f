/**
 * The pauses between requests that fail.
 *
 * @module
 */
import type { Backoff } from "../_core/backoff.ts";

/** The pauses before a request, or a record, is sent again. */
export const BACKOFF: Backoff = { baseMs: 100, maxMs: 5000 };
