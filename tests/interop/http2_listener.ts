/**
 * Serves a fetch handler over TLS, with HTTP/2 and HTTP/1.1.
 *
 * `Deno.serve` would do for most clients. The AWS SDK for JavaScript closes its session as soon as SubscribeToShard is
 * answered, and waits for the streams that are open; `Deno.serve` ends those at once, `node:http2`
 * lets them finish.
 *
 * @module
 */
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import type { CertificatePair } from "../_services/certificate.ts";
import { type Service, service } from "../_services/service.ts";

/** Serves on a free loopback port. */
export async function serveHttp2(
  { cert, key }: CertificatePair,
  handler: (
    request: Request,
    info: { httpVersion: string },
  ) => Promise<Response>,
): Promise<Service> {
  const server = http2.createSecureServer({ cert, key, allowHTTP1: true });
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  server.on("request", (request, response) => {
    answer(handler, request, response).catch((error) => {
      response.stream.destroy(error);
    });
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  return service({ endpoint: `https://127.0.0.1:${port}` }, async () => {
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
}

async function answer(
  handler: (
    request: Request,
    info: { httpVersion: string },
  ) => Promise<Response>,
  request: http2.Http2ServerRequest,
  response: http2.Http2ServerResponse,
): Promise<void> {
  const authority = request.authority ?? request.headers.host;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (!name.startsWith(":")) headers.set(name, String(value));
  }
  const { status, headers: sent, body } = await handler(
    new Request(`https://${authority}${request.url}`, {
      method: request.method,
      headers,
      body: request.method === "GET" ? null : new Blob(chunks),
    }),
    { httpVersion: request.httpVersion },
  );
  response.writeHead(status, Object.fromEntries(sent));
  const reader = body?.getReader();
  response.on("close", () => reader?.cancel().catch(() => {}));
  for (let next; (next = await reader?.read()) && !next.done;) {
    response.write(next.value);
  }
  response.end();
}
