/**
 * Which schedules are played, and how fast.
 *
 *     CHAOS_SEEDS=200 deno test -A tests/chaos        # seeds 1 to 200 in place of the usual ones
 *     CHAOS_SEED=17 deno test -A tests/chaos          # this one again
 *     CHAOS_SPEED=1 deno test -A tests/chaos          # in real time: stalls of 10 s, outages of 30 s
 *
 * @module
 */

/** How many times faster than real the schedules run; a stall of 10 s then takes half a second. */
const DEFAULT_SPEED = 20;

/** The speed of this run. */
export const SPEED: number = positive("CHAOS_SPEED") ?? DEFAULT_SPEED;

/** The seeds of this run; `usual` is how many there are when nothing else was asked for. */
export function seedsOf(usual: number): number[] {
  const one = positive("CHAOS_SEED");
  if (one !== undefined) return [one];
  const count = positive("CHAOS_SEEDS") ?? usual;
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Says on a failure how to play the same schedule again. */
export async function replayable(
  seed: number,
  schedule: unknown,
  play: () => Promise<void>,
): Promise<void> {
  try {
    await play();
  } catch (error) {
    console.error(
      `Seed ${seed} failed; CHAOS_SEED=${seed} plays it again:`,
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
