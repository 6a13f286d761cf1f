/**
 * The conformance suite of checkpointers. The test of a backend calls {@linkcode checkpointerSuite}
 * and adds tests of its own features.
 *
 * @module
 */
import type { Checkpointer } from "../../checkpoint/checkpointer.ts";
import { abortChecks } from "./checkpointer/abort_checks.ts";
import { holderChecks } from "./checkpointer/holder_checks.ts";
import { loadChecks } from "./checkpointer/load_checks.ts";
import { modelCheck } from "./checkpointer/model_check.ts";
import { raceChecks } from "./checkpointer/race_checks.ts";
import { requestChecks } from "./checkpointer/request_checks.ts";
import { tableChecks } from "./checkpointer/table_checks.ts";

/** A store for leases, empty at first. */
export interface CheckpointerStore {
  /**
   * Opens a checkpointer. Checkpointers of the same name share their leases, as in two processes,
   * each with its own connection if the backend has connections. Checkpointers of different names
   * share nothing.
   */
  open(name: string): Checkpointer | Promise<Checkpointer>;
  /** Closes the store and releases its resources. */
  close?(): void | Promise<void>;
}

/** A check of one rule of the contract. */
export interface CheckpointerCheck {
  /** The rule, in words. */
  readonly name: string;
  /** Rejects if the checkpointer breaks the rule. */
  run(store: CheckpointerStore): Promise<void>;
}

/** Options of the suite. */
export interface CheckpointerSuiteOptions {
  /**
   * How many random sequences of calls are compared with the model.
   * @default {50}
   */
  modelRuns?: number;
}

/** All checks, for test runners other than Deno's. */
export function checkpointerChecks(
  options: CheckpointerSuiteOptions = {},
): CheckpointerCheck[] {
  return [
    ...tableChecks,
    ...holderChecks,
    ...requestChecks,
    ...loadChecks,
    ...raceChecks,
    ...abortChecks,
    modelCheck(options.modelRuns ?? 50),
  ];
}

/** Registers a test for each check. Each test has its own store. */
export function checkpointerSuite(
  name: string,
  makeStore: () => CheckpointerStore | Promise<CheckpointerStore>,
  options?: CheckpointerSuiteOptions,
): void {
  for (const check of checkpointerChecks(options)) {
    Deno.test(`${name} ${check.name}`, async () => {
      const store = await makeStore();
      try {
        await check.run(store);
      } finally {
        await store.close?.();
      }
    });
  }
}
