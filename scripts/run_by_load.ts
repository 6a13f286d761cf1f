/**
 * Runs tasks beside each other, as many as the processors can take.
 *
 * @module
 */

/** A task with the share of a processor that it uses. */
export interface LoadedTask {
  /**
   * From 0 to 1.
   * @default {1}
   */
  readonly load?: number;
}

/**
 * Runs all tasks in their order. The next task starts while the loads of the running tasks add up
 * to less than `processors`. Example: with 2 processors, three tasks of load 0.5 and one of load 1
 * run at the same time. A further task waits until one of them has ended.
 */
export async function runByLoad<T extends LoadedTask>(
  tasks: readonly T[],
  processors: number,
  run: (task: T) => Promise<void>,
): Promise<void> {
  const waiting = [...tasks];
  const running = new Map<Promise<void>, number>();
  const load = () => [...running.values()].reduce((sum, one) => sum + one, 0);
  while (waiting.length > 0 || running.size > 0) {
    while (waiting.length > 0 && load() < processors) {
      const task = waiting.shift()!;
      const done: Promise<void> = run(task).finally(() => running.delete(done));
      running.set(done, task.load ?? 1);
    }
    await Promise.race(running.keys());
  }
}
