/**
 * All requests and answers, for those who need many of them.
 *
 * @module
 */
export type * from "./account.ts";
export type * from "./common.ts";
export type * from "./consumers.ts";
export type * from "./policies.ts";
export type * from "./records.ts";
export type * from "./shards.ts";
export type * from "./stream_settings.ts";
export type * from "./streams.ts";
export type * from "./tags.ts";
