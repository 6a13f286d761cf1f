/**
 * The store of checkpoints: in memory, or in a file that every life opens again.
 *
 * @module
 */
import type { Clock } from "../../_core/clock.ts";
import {
  type Checkpointer,
  KvCheckpointer,
  MemoryCheckpointer,
} from "../../checkpoint/mod.ts";
import type { SeededChoices } from "./seeded_choices.ts";

/** The checkpointer of one process. */
export interface OpenStore extends Disposable {
  readonly checkpointer: Checkpointer;
}

/** A store that outlives processes. */
export interface CheckpointStore extends AsyncDisposable {
  /** Opens the store for another process. */
  open(): Promise<OpenStore>;
}

/** Creates an empty store. */
export async function createStore(
  type: "memory" | "kv",
  clock: Clock,
  choices: SeededChoices,
): Promise<CheckpointStore> {
  if (type === "memory") {
    const checkpointer = new MemoryCheckpointer();
    const store = { checkpointer, [Symbol.dispose]() {} };
    return {
      open: () => Promise.resolve(store),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const folder = await Deno.makeTempDir();
  return {
    async open() {
      const kv = await Deno.openKv(`${folder}/checkpoints.sqlite3`);
      const checkpointer = new KvCheckpointer({
        kv,
        name: "chaos",
        clock,
        random: choices.random,
      });
      return { checkpointer, [Symbol.dispose]: () => kv.close() };
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
