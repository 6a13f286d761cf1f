/**
 * Reads and changes the stored progress of consumers.
 *
 * @module
 */
export { checkpointStatus } from "./_consumer/progress/checkpoint_status.ts";
export type {
  CheckpointStatus,
  ShardCheckpoint,
} from "./_consumer/progress/checkpoint_status.ts";
export { resetCheckpoints } from "./_consumer/progress/reset_checkpoints.ts";
export type { ResetOptions } from "./_consumer/progress/reset_checkpoints.ts";
export type {
  ResetPosition,
  ShardReset,
} from "./_consumer/progress/reset_plan.ts";
export type { ProgressOptions } from "./_consumer/progress/progress_options.ts";
