/**
 * A machine, a clock, and services in memory or on loopback, for the tests of credentials.
 *
 * @module
 */
import type { Clock } from "../../_core/clock.ts";
import type { Environment } from "../../credentials/mod.ts";

/** A machine with the given variables, files and commands. */
export class FakeEnvironment implements Environment {
  readonly read: string[] = [];
  readonly ran: string[] = [];
  constructor(
    readonly variables: Record<string, string> = {},
    readonly files: Record<string, string> = {},
    readonly commands: Record<string, string> = {},
  ) {}

  env(name: string): string | undefined {
    return Object.hasOwn(this.variables, name)
      ? this.variables[name]
      : undefined;
  }

  readTextFile(path: string): Promise<string> {
    this.read.push(path);
    const text = this.files[path];
    return text === undefined
      ? Promise.reject(new Error("no such file"))
      : Promise.resolve(text);
  }

  runCommand(command: string): Promise<string> {
    this.ran.push(command);
    const output = this.commands[command];
    return output === undefined
      ? Promise.reject(new Error("the command failed"))
      : Promise.resolve(output);
  }
}

/**
 * A clock whose pauses of less than a second are over at once. Longer ones, such as time limits,
 * end with {@linkcode FakeClock.advance}.
 */
export class FakeClock implements Clock {
  #now: number;
  readonly #timers = new Map<number, { at: number; callback: () => void }>();
  #nextHandle = 1;
  readonly pauses: number[] = [];

  constructor(now: number = Date.parse("2026-01-01T00:00:00Z")) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): number {
    const handle = this.#nextHandle++;
    if (ms < 1000) {
      this.pauses.push(ms);
      this.#now += ms;
      queueMicrotask(callback);
    } else this.#timers.set(handle, { at: this.#now + ms, callback });
    return handle;
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as number);
  }

  get pending(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const [handle, { at, callback }] of this.#timers) {
      if (at > this.#now) continue;
      this.#timers.delete(handle);
      callback();
    }
  }
}

/** Runs `use` while `handler` answers on loopback. */
export async function withServer<T>(
  handler: (request: Request) => Response | Promise<Response>,
  use: (origin: string) => Promise<T>,
): Promise<T> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    handler,
  );
  try {
    return await use(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

/** A fetch that answers by itself and keeps what it was asked. */
export function fakeFetch(
  handler: (request: Request) => Response | Promise<Response>,
): { fetch: typeof fetch; requests: Request[] } {
  const requests: Request[] = [];
  return {
    requests,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      requests.push(request.clone());
      return await handler(request);
    },
  };
}

/** A fetch that fails the test. */
export const noFetch: typeof fetch = () =>
  Promise.reject(new Error("nothing may be fetched here"));

/** The answer of STS. */
export function stsAnswer(
  action: string,
  fields: Partial<Record<string, string>> = {},
): Response {
  const all = {
    AccessKeyId: "ASIAROLE",
    SecretAccessKey: "role&amp;secret",
    SessionToken: "role-token",
    Expiration: "2026-01-01T01:00:00Z",
    ...fields,
  };
  const xml = Object.entries(all).map(([k, v]) => `<${k}>${v}</${k}>`);
  return new Response(
    `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
       <${action}Result>
         <AssumedRoleUser><Arn>arn:aws:sts::222222222222:assumed-role/r/s</Arn></AssumedRoleUser>
         <Credentials>${xml.join("\n")}</Credentials>
       </${action}Result>
       <ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata>
     </${action}Response>`,
    { headers: { "content-type": "text/xml" } },
  );
}

/** An error of STS. */
export function stsError(
  status: number,
  code: string,
  message: string,
): Response {
  return new Response(
    `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
       <Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>
       <RequestId>req-2</RequestId>
     </ErrorResponse>`,
    { status },
  );
}

/** A `fetch` that never answers: it moves the clock by `ms` and rejects when its signal aborts. */
export function silentFetch(clock: FakeClock, ms: number): typeof fetch {
  return (_input, init) =>
    new Promise((_resolve, reject) => {
      init!.signal!.addEventListener("abort", () => {
        reject(init!.signal!.reason);
      });
      queueMicrotask(() => clock.advance(ms));
    });
}
