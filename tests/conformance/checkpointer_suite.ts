/**
 * What every checkpointer must do, whatever it stores into. A backend's test calls {@linkcode checkpointerSuite} and adds
 * tests for what only it can do.
 *
 * @module
 */
import type { Checkpointer } from "../../checkpoint/checkpointer.ts";
import { abortChecks } from "./checkpointer/abort_checks.ts";
import { holderChecks } from "./checkpointer/holder_checks.ts";
import { modelCheck } from "./checkpointer/model_check.ts";
import { raceChecks } from "./checkpointer/race_checks.ts";
import { tableChecks } from "./checkpointer/table_checks.ts";

/** A place for leases, empty at first, and the ways into it. */
export interface CheckpointerStore {
  /**
   * Opens a checkpointer. Two of the same name share their leases as two processes would (over connections of their own where
   * the backend allows); two of different names have nothing in common.
   */
  open(name: string): Checkpointer | Promise<Checkpointer>;
  /** Gives back what the store holds. */
  close?(): void | Promise<void>;
}

/** One promise of the contract. */
export interface CheckpointerCheck {
  /** The promise in words. */
  readonly name: string;
  /** Rejects if it is not kept. */
  run(store: CheckpointerStore): Promise<void>;
}

/** Options of the suite. */
export interface CheckpointerSuiteOptions {
  /** How many random histories are compared with the model. @default {50} */
  modelRuns?: number;
}

/** All promises, for test runners other than Deno's. */
export function checkpointerChecks(
  options: CheckpointerSuiteOptions = {},
): CheckpointerCheck[] {
  return [
    ...tableChecks,
    ...holderChecks,
    ...raceChecks,
    ...abortChecks,
    modelCheck(options.modelRuns ?? 50),
  ];
}

/** Registers one test for each promise, each with a store of its own. */
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
