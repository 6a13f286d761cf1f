/**
 * The clients of a simulation.
 *
 * @module
 */
import { KinesisClient } from "../../client/mod.ts";
import type { Environment } from "../../credentials/mod.ts";
import type { Fetch } from "../../testing/mod.ts";
import type { Machine, Way } from "../../testing/_simulation/machine.ts";
import { networkFetch } from "../../testing/_simulation/network.ts";
import type { SeededChoices } from "../../testing/_simulation/seeded_choices.ts";

/** Most requests of one worker in a second. More is a loop without a delay. */
const MOST_REQUESTS = 150;

/** Without variables and files, because the disk answers in real time. */
export const NO_ENVIRONMENT: Environment = {
  env: () => undefined,
  readTextFile: () => Promise.reject(new Error("There are no files")),
};

/** What a {@linkcode simulatedClient} needs. */
export interface SimulatedClientOptions {
  readonly machine: Machine;
  readonly service: Fetch;
  readonly choices: SeededChoices;
  /** The longest way of a request, in milliseconds. */
  readonly latencyMs: number;
  /** The virtual time, in milliseconds. */
  readonly now: () => number;
  /** Whether requests do not arrive now. */
  readonly isCutOff?: () => boolean;
  readonly onRequest: () => void;
  readonly onProblem: (what: string) => void;
}

/** A client on a machine. */
export function simulatedClient(
  options: SimulatedClientOptions,
): KinesisClient {
  const { machine, choices, latencyMs, now } = options;
  let second = 0;
  let inSecond = 0;
  return new KinesisClient({
    region: "us-east-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    environment: NO_ENVIRONMENT,
    clock: machine.clock,
    random: choices.fork(1).random,
    timeoutMs: 10_000,
    fetch: networkFetch({
      machine,
      service: options.service,
      way: () => drawWay(choices, latencyMs),
      onRequest: () => {
        if (options.isCutOff?.()) {
          throw new TypeError("no connection (planned)");
        }
        options.onRequest();
        const current = Math.floor(now() / 1000);
        inSecond = current === second ? inSecond + 1 : 1;
        second = current;
        if (inSecond !== MOST_REQUESTS) return;
        options.onProblem(
          `${machine.name} sends ${MOST_REQUESTS} requests in a second`,
        );
      },
    }),
  });
}

/** Draws how long a request is under way. */
export function drawWay(choices: SeededChoices, most: number): Way {
  return { thereMs: choices.random() * most, backMs: choices.random() * most };
}
