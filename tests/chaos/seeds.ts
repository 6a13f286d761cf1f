/**
 * The seeds of the schedules that run, and the speed of their clock.
 *
 *     CHAOS_SEEDS=200 deno test -A tests/chaos        # the seeds 1 to 200
 *     CHAOS_SEED=17 deno test -A tests/chaos          # the schedule of seed 17
 *     CHAOS_SPEED=1 deno test -A tests/chaos          # in real time: stalls of 10 s, outages of 30 s
 *
 * @module
 */

/** How many times as fast as real time the schedules run. A stall of 10 s takes 0.5 s. */
const DEFAULT_SPEED = 20;

/** The speed of this run. */
export const SPEED: number = positive("CHAOS_SPEED") ?? DEFAULT_SPEED;

/** The seeds of this run: 1 to `usual` unless the environment chooses others. */
export function seedsOf(usual: number): number[] {
  const one = positive("CHAOS_SEED");
  if (one !== undefined) return [one];
  const count = positive("CHAOS_SEEDS") ?? usual;
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Prints on a failure how to run the same schedule again. */
export async function replayable(
  seed: number,
  schedule: unknown,
  play: () => Promise<void>,
): Promise<void> {
  try {
    await play();
  } catch (error) {
    console.error(
      `Seed ${seed} failed; CHAOS_SEED=${seed} runs it again:`,
      schedule,
    );
    throw error;
  }
}

function positive(name: string): number | undefined {
  const text = Deno.env.get(name);
  if (!text) return undefined;
  const value = Number(text);
  if (value > 0) return value;
  throw new RangeError(
    `Cannot run the chaos tests as '${name}' must be a number above 0: current value is ${text}`,
  );
}
