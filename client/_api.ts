/**
 * All requests and answers in one module.
 *
 * @module
 */
export type * from "./types/account.ts";
export type * from "./types/channels.ts";
export type * from "./types/common.ts";
export type * from "./types/consumers.ts";
export type * from "./types/policies.ts";
export type * from "./types/queue_records.ts";
export type * from "./types/queues.ts";
export type * from "./types/records.ts";
export type * from "./types/shards.ts";
export type * from "./types/stream_settings.ts";
export type * from "./types/streams.ts";
export type * from "./types/tags.ts";
