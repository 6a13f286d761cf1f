/** Envelopes with a trace context, between this library and Python's standard library. */
import { assertEquals } from "@std/assert";
import {
  bytes,
  cloudEvents,
  json,
  type Serializer,
  string,
  traceContextOf,
  traceEnvelope,
} from "../../processors/mod.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const context = { traceparent, tracestate: "rojo=00f067aa0ba902b7" };
const inject = () => context;
const event = { source: "/shop", type: "order", id: () => "1", inject };

/** Prints context and data of each envelope, and then writes envelopes of its own. */
const PROGRAM = `
import base64, json, sys
for line in sys.stdin:
    event = json.loads(line)
    data = event.get("data")
    if "data_base64" in event:
        data = list(base64.b64decode(event["data_base64"]))
    print(json.dumps([event["traceparent"], event["tracestate"], data]))
for extra in ({}, {"specversion": "1.0", "id": "1", "source": "/py", "type": "t"}):
    print(json.dumps({"data": {"text": "é", "n": 1}, "traceparent": "${traceparent}", **extra}, indent=None))
`;

async function runPython(input: string): Promise<string[] | undefined> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command("python3", {
      args: ["-c", PROGRAM],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
      env: { PYTHONIOENCODING: "utf-8" },
    }).spawn();
  } catch {
    return undefined;
  }
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout).trim().split("\n");
}

const hasPython = await runPython("") !== undefined;

Deno.test({
  name:
    "Python reads the envelopes of traceEnvelope and cloudEvents, and writes what they read",
  ignore: !hasPython,
  async fn() {
    const value = { id: 1, note: 'a "b" ☕' };
    const raw = Uint8Array.of(0, 128, 255);
    const cases: [Serializer<never>, unknown, unknown][] = [
      [traceEnvelope(json(), { inject }), value, value],
      [traceEnvelope(string(), { inject }), "x\n☕", "x\n☕"],
      [traceEnvelope(bytes(), { inject }), raw, [...raw]],
      [cloudEvents(json(), event), value, value],
      [cloudEvents(string(), event), "x\n☕", "x\n☕"],
      [cloudEvents(bytes(), event), raw, [...raw]],
    ] as never;
    const lines = cases.map(([{ text }, value]) =>
      text!.stringify(value as never)
    );
    const answers = (await runPython(lines.join("\n")))!;
    for (const [i, [, , data]] of cases.entries()) {
      assertEquals(JSON.parse(answers[i]!), [
        context.traceparent,
        context.tracestate,
        data,
      ]);
    }
    const readers = [
      traceEnvelope(json()),
      cloudEvents(json(), event),
    ];
    for (const [i, reader] of readers.entries()) {
      const line = new TextEncoder().encode(answers[cases.length + i]);
      const read = reader.deserialize(line);
      assertEquals(read, { text: "é", n: 1 });
      assertEquals(traceContextOf(read), { traceparent });
    }
  },
});
