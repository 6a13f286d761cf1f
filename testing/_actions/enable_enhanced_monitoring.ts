import type { Action } from "./action.ts";
import { monitoringAction } from "./enhanced_monitoring.ts";

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_EnableEnhancedMonitoring.html */
export const enableEnhancedMonitoring: Action = monitoringAction(
  (metrics, names) => {
    for (const name of names) metrics.add(name);
  },
);
