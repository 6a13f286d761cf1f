/**
 * The in-memory Kinesis on a loopback port, for examples that run in other processes.
 *
 * @module
 */
import { KinesisServer } from "../../../testing/mod.ts";

/** A running server. */
export interface ServedKinesis extends AsyncDisposable {
  readonly server: KinesisServer;
  /** The base URL. */
  readonly endpoint: string;
  /** Whether every request is refused for a lack of permission. */
  refuse: boolean;
  /** Requests are processed at once, and answered after this promise. */
  gate: Promise<void> | undefined;
  /** The values of the stream, which must be JSON, in the order of their arrival. */
  values(): unknown[];
  /** Resolves when the stream has so many records. */
  until(records: number): Promise<void>;
}

/** Serves a Kinesis with one stream. A web page of any origin may call it. */
export function serveInMemory(stream: string, shards = 2): ServedKinesis {
  const server = new KinesisServer();
  server.createStream(stream, { shards });
  const waiting: { records: number; go: () => void }[] = [];
  const count = () => server.records(stream).length;
  const listener = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      if (request.method === "OPTIONS") return withCors(new Response());
      const response = result.refuse ? refusal() : await server.fetch(request);
      for (const waiter of waiting) {
        if (count() >= waiter.records) waiter.go();
      }
      await result.gate;
      return withCors(response);
    },
  );
  const result: ServedKinesis = {
    server,
    endpoint: `http://127.0.0.1:${listener.addr.port}`,
    refuse: false,
    gate: undefined,
    values: () =>
      server.records(stream)
        .sort((a, b) =>
          BigInt(a.sequenceNumber) < BigInt(b.sequenceNumber) ? -1 : 1
        )
        .map(({ data }) => JSON.parse(new TextDecoder().decode(data))),
    until: (records) =>
      new Promise((go) => {
        if (count() >= records) go();
        else waiting.push({ records, go });
      }),
    async [Symbol.asyncDispose]() {
      await listener.shutdown();
      server.close();
    },
  };
  return result;
}

function refusal(): Response {
  return Response.json(
    { __type: "AccessDeniedException", message: "refused" },
    { status: 400 },
  );
}

/** Lets pages of every origin read an answer, as Kinesis does. */
export function withCors(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set("access-control-allow-origin", "*");
  headers.set("access-control-allow-headers", "*");
  headers.set("access-control-expose-headers", "*");
  return new Response(response.body, {
    ...response,
    status: response.status,
    headers,
  });
}
