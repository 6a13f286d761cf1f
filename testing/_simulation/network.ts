/**
 * The network between a machine of a simulation and the service.
 *
 * @module
 */
import type { Fetch } from "../_faults/exchange.ts";
import type { Machine, Way } from "./machine.ts";

/** What a {@linkcode networkFetch} needs. */
export interface NetworkOptions {
  /** The machine that sends the requests. */
  readonly machine: Machine;
  /** The service, with its faults. */
  readonly service: Fetch;
  /** Draws the way of a request with this action. */
  readonly way: (action: string) => Way;
  /** Called for each request when it is sent. An error that it throws is that of the request. */
  readonly onRequest?: (action: string) => void;
}

/** The `fetch` of programs on a machine. */
export function networkFetch(options: NetworkOptions): Fetch {
  const { machine, service, way, onRequest } = options;
  return async (input, init) => {
    const signal = init?.signal ?? undefined;
    const action = actionOf(init);
    onRequest?.(action);
    const response = await machine.call(
      () => service(input, init),
      way(action),
      { signal },
    );
    if (action !== "SubscribeToShard" || !response.body) return response;
    const { status, headers } = response;
    return new Response(
      throughNetwork(response.body, machine, () => way(action)),
      { status, headers },
    );
  };
}

function actionOf(init: RequestInit | undefined): string {
  const target = new Headers(init?.headers).get("x-amz-target") ?? "";
  return target.split(".")[1] ?? "";
}

/** A body that arrives in parts, each after its way. */
function throughNetwork(
  body: ReadableStream<Uint8Array>,
  machine: Machine,
  way: () => Way,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const stop = machine.onKill(() => void reader.cancel().catch(() => {}));
  return new ReadableStream({
    async pull(controller) {
      const { backMs } = way();
      const { done, value } = await machine.call(
        () => reader.read(),
        { thereMs: 0, backMs },
      );
      if (!done) return controller.enqueue(value);
      stop();
      controller.close();
    },
    async cancel(reason) {
      stop();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
