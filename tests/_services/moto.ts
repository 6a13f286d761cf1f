/**
 * Starts `moto_server`, which has CloudWatch among other services. It is a Python program: a machine
 * may lack it, and so may the machine of the check.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { freePort, type Service, service } from "./service.ts";

const POLL_MS = 50;
const START_TIMEOUT_MS = 60_000;
const MISSING = "moto_server is not installed. Python has it: " +
  'pip install "moto[server]", and put its folder into PATH';

/** Whether tests can start moto. If it is missing, an ignored test says how to install it. */
export async function hasMoto(): Promise<boolean> {
  try {
    const args = ["--help"];
    await new Deno.Command("moto_server", { args, stdout: "null" }).output();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.test.ignore(`moto: ${MISSING}`, () => {});
    return false;
  }
}

/** Starts moto without data on a loopback port. Resolves when it answers. */
export async function startMoto(): Promise<Service> {
  const port = freePort();
  const child = new Deno.Command("moto_server", {
    args: ["-H", "127.0.0.1", "-p", `${port}`],
    env: { AWS_EC2_METADATA_DISABLED: "true" },
    stdout: "null",
    stderr: "null",
  }).spawn();
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill("SIGKILL");
    await child.status;
  };
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += POLL_MS) {
    if (await answers(endpoint)) return service({ endpoint }, stop);
    await delay(POLL_MS);
  }
  await stop();
  throw new Error(`moto_server does not answer within ${START_TIMEOUT_MS} ms`);
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(`${endpoint}/moto-api/data.json`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
