/**
 * Kinesis for tests: an in-memory server that behaves like the service, and fault injection for any
 * `fetch`.
 *
 * @module
 */
export { KinesisServer } from "./kinesis_server.ts";
export type {
  CreatedQueue,
  CreatedStream,
  CreateQueueOptions,
  CreateStreamOptions,
  FetchHandler,
  QueuedRecord,
  QueueState,
  ServerConnection,
} from "./kinesis_server_types.ts";
export type {
  KinesisServerLimits,
  KinesisServerOptions,
} from "./kinesis_server_options.ts";
export type { LoggedRequest } from "./_request_log.ts";
export type { QueueStatus } from "./_state/queue.ts";
export type { StreamMode } from "./_state/stream.ts";
export { ServiceFault } from "./_wire/service_error.ts";
export type { AcceptedCredentials } from "./_wire/signature.ts";
export type {
  Fault,
  FaultMoment,
  FaultPlan,
  FaultRecord,
  FaultRequest,
  FaultRule,
} from "./fault_plan.ts";
export {
  capture,
  type CaptureOptions,
  type CaptureSummary,
  redactAll,
} from "./capture.ts";
export type {
  Capture,
  CapturedRecord,
  CapturedShard,
  Redact,
  RedactedRecord,
} from "./capture_types.ts";
export {
  replay,
  type ReplayedCall,
  type ReplayOptions,
  type ReplayReport,
} from "./replay.ts";
export { readCapture } from "./read_capture.ts";
export {
  captureEntries,
  type CaptureEntry,
  captureLine,
} from "./capture_entries.ts";
export {
  VirtualProcess,
  type VirtualProcessOptions,
} from "./virtual_process.ts";
export { DirectClient } from "./_simulation/direct_client.ts";
export {
  type FisAction,
  type FisActionId,
  fisFaults,
  type FisFaultsOptions,
  type FisParameters,
} from "./fis_faults.ts";
export { type FaultyFetch, withFaults } from "./with_faults.ts";
export type {
  AuthorizedCall,
  PolicyDocument,
  PolicyStatement,
} from "./policy.ts";
export {
  type PolicedFetch,
  withPolicy,
  type WithPolicyOptions,
} from "./with_policy.ts";
export { simulate } from "./simulate.ts";
export type {
  SimulatedContext,
  SimulatedHandler,
  SimulateOptions,
  SimulationReport,
} from "./simulate_types.ts";
export { VirtualClock, type VirtualClockOptions } from "./virtual_clock.ts";
export type { Fetch } from "./_faults/exchange.ts";
export type { Clock } from "../_core/clock.ts";
export type { KinesisRecord } from "../records.ts";
