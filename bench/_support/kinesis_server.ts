/**
 * The in-memory Kinesis behind TLS and HTTP/2, as a program that `tls_kinesis.ts` starts. Prints
 * its port and its certificate as one line of JSON.
 *
 * @module
 */
import { KinesisServer } from "../../testing/mod.ts";
import { selfSignedCertificate } from "../../tests/_services/certificate.ts";

const { cert, key } = await selfSignedCertificate();
const kinesis = new KinesisServer({ limits: false, logLimit: 0 });
const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  cert,
  key,
  onListen: () => {},
}, async (request) =>
  // Without the signal of the request, whose abort Deno.serve prints.
  kinesis.fetch(request.url, {
    method: request.method,
    headers: request.headers,
    body: await request.bytes(),
  }));
console.log(JSON.stringify({ port: server.addr.port, cert }));
