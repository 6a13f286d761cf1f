/**
 * A machine of a simulation, which may crash or freeze.
 *
 * @module
 */
import type { Clock } from "../../_core/clock.ts";
import { onAbort } from "../../_core/on_abort.ts";
import type { VirtualClock } from "../virtual_clock.ts";

/** How long the way to another machine and back takes, in milliseconds. */
export interface Way {
  /** Until the call arrives. */
  readonly thereMs: number;
  /** Until the answer arrives, counted from the moment of the answer. */
  readonly backMs: number;
}

/** What happens to a call besides its way. */
export interface CallFate {
  /** The error of the caller, in place of the answer. */
  readonly error: Error;
  /** Whether the call takes effect nevertheless: then only its answer is lost. */
  readonly takesEffect: boolean;
}

/**
 * The machine of one process. Time passes for it, and calls of other machines are answered to it,
 * only while it runs:
 *
 * - After {@linkcode Machine.kill}, no timer runs and no answer arrives. A call that has been sent
 *   still arrives at its destination.
 * - While it is frozen, timers and answers wait. All of them come at {@linkcode Machine.thaw}.
 */
export class Machine {
  /** The name, for messages. */
  readonly name: string;
  /** The clock that programs on this machine use. Its time of day may differ from that of others. */
  readonly clock: Clock;
  readonly #world: VirtualClock;
  #state: "running" | "frozen" | "dead" = "running";
  /** What waits while the machine is frozen. */
  #held: (() => void)[] = [];
  readonly #onKill = new Set<() => void>();
  #wallOffsetMs = 0;

  /**
   * Starts a machine in the world of a clock. `lateMs` draws how late a timer is, in milliseconds,
   * as on a busy machine.
   */
  constructor(
    name: string,
    world: VirtualClock,
    lateMs: () => number = () => 0,
  ) {
    this.name = name;
    this.#world = world;
    this.clock = {
      isVirtual: true,
      now: () => world.now() + this.#wallOffsetMs,
      monotonic: () => world.monotonic(),
      setTimeout: (callback, ms) => {
        const timer = { isCleared: false, handle: undefined as unknown };
        timer.handle = world.setTimeout(
          () => this.deliver(() => timer.isCleared || callback()),
          (ms > 0 ? ms : 0) + lateMs(),
        );
        return timer;
      },
      clearTimeout: (handle) => {
        const timer = handle as { isCleared: boolean; handle: unknown };
        if (!timer) return;
        timer.isCleared = true;
        world.clearTimeout(timer.handle);
      },
    };
  }

  /** Whether the machine has not crashed. */
  get isAlive(): boolean {
    return this.#state !== "dead";
  }

  /** Whether programs on the machine run. */
  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** Sets the time of day of this machine forward by `ms` milliseconds, or back. */
  jump(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Crashes: from now on nothing happens on this machine. */
  kill(): void {
    if (this.#state === "dead") return;
    this.#state = "dead";
    this.#held = [];
    for (const listener of this.#onKill) listener();
    this.#onKill.clear();
  }

  /** Stops all programs until {@linkcode Machine.thaw}. */
  freeze(): void {
    if (this.#state === "running") this.#state = "frozen";
  }

  /** Lets all programs go on. What has come meanwhile arrives now, in order. */
  thaw(): void {
    if (this.#state !== "frozen") return;
    this.#state = "running";
    const held = this.#held;
    this.#held = [];
    // Each in a turn of its own, as timers and answers arrive in a runtime.
    for (const callback of held) {
      this.#world.setTimeout(() => this.deliver(callback), 0);
    }
  }

  /** Calls back now, when the machine thaws, or never. */
  deliver(callback: () => void): void {
    if (this.#state === "running") callback();
    else if (this.#state === "frozen") this.#held.push(callback);
  }

  /** Calls back when the machine crashes. Returns a function that stops that. */
  onKill(listener: () => void): () => void {
    this.#onKill.add(listener);
    return () => void this.#onKill.delete(listener);
  }

  /**
   * Calls another machine. If the signal aborts, rejects with its reason at once; the call may have
   * taken effect then.
   */
  call<R>(
    work: () => Promise<R> | R,
    way: Way,
    { signal, fate }: { signal?: AbortSignal; fate?: CallFate } = {},
  ): Promise<R> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stopListening = onAbort(signal, () => reject(signal!.reason));
      const back = (settle: () => void) => {
        const arrive = () => {
          stopListening();
          settle();
        };
        this.#world.setTimeout(() => this.deliver(arrive), way.backMs);
      };
      this.#world.setTimeout(async () => {
        try {
          const result = fate && !fate.takesEffect ? undefined : await work();
          back(() => fate ? reject(fate.error) : resolve(result as R));
        } catch (error) {
          back(() => reject(fate?.error ?? error));
        }
      }, way.thereMs);
    });
  }
}
