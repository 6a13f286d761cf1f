/**
 * The Lambda example behind the runtime interface emulator of AWS.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { bundleTo } from "../_services/bundle.ts";
import { freePort } from "../_services/service.ts";
import { eventOf } from "../lambda/_events.ts";

const ENTRY = new URL("../../examples/lambda/index.ts", import.meta.url);
const BOOTSTRAP = new URL("lambda_bootstrap.mjs", import.meta.url);
const MISSING = "aws-lambda-rie is not in PATH. Go has it: go install " +
  "github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@latest";
const TRIES = 200;
const POLL_MS = 50;

/** The emulator has no argument that only prints its version, so it is looked for. */
function hasEmulator(): boolean {
  const found = (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/aws-lambda-rie`).isFile;
    } catch {
      return false;
    }
  });
  if (!found) Deno.test.ignore(`Lambda: ${MISSING}`, () => {});
  return found;
}

async function invoke(port: number, event: unknown): Promise<unknown> {
  const url =
    `http://127.0.0.1:${port}/2015-03-31/functions/function/invocations`;
  for (let tries = 0;; tries++) {
    try {
      const body = JSON.stringify(event);
      return await (await fetch(url, { method: "POST", body })).json();
    } catch (error) {
      if (tries === TRIES) throw error;
      await delay(POLL_MS);
    }
  }
}

if (hasEmulator()) {
  Deno.test("kinesisHandler answers events of Lambda's runtime interface emulator", async () => {
    const folder = await Deno.makeTempDir();
    const bundle = `${folder}/index.mjs`;
    await bundleTo(bundle, ENTRY, { minify: true });
    const [port, api] = [freePort(), freePort()];
    const emulator = new Deno.Command("aws-lambda-rie", {
      args: [
        ...["--runtime-interface-emulator-address", `127.0.0.1:${port}`],
        ...["--runtime-api-address", `127.0.0.1:${api}`],
        ...["node", BOOTSTRAP.pathname],
      ],
      env: { BUNDLE: bundle, AWS_LAMBDA_FUNCTION_TIMEOUT: "30" },
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const good = [{ id: 1, total: 5 }, { id: 2, total: 7 }];
      assertEquals(await invoke(port, eventOf(good)), {
        batchItemFailures: [],
      });
      const bad = [{ id: 1, total: 5 }, { id: 2 }];
      assertEquals(await invoke(port, eventOf(bad)), {
        batchItemFailures: [{ itemIdentifier: "101" }],
      });
    } finally {
      emulator.kill("SIGTERM");
      await emulator.status;
      await Deno.remove(folder, { recursive: true });
    }
  });
}
