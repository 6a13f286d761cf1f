/**
 * Finds and starts Prometheus. It is not an npm package, so a machine may lack it.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { freePort, type Service, service } from "./service.ts";

const MISSING =
  "prometheus and promtool are not installed. Debian and Ubuntu have them " +
  "(apt-get install prometheus)";
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

/**
 * Whether tests can start Prometheus. If it is missing, an ignored test says how to install it. With
 * the variable `KINESIS_CI` the answer is always yes, so tests fail where it is missing.
 */
export async function hasPrometheus(): Promise<boolean> {
  if (Deno.env.get("KINESIS_CI")) return true;
  try {
    await promtool("--version");
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.test.ignore(`Prometheus: ${MISSING}`, () => {});
    return false;
  }
}

/** Runs promtool. Resolves with its output, or rejects with it. */
export async function promtool(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("promtool", { args })
    .output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout) + decoder.decode(stderr);
  if (code !== 0) throw new Error(text);
  return text;
}

/** Starts Prometheus, which scrapes `target` (host and port) every 100 ms. */
export async function startPrometheus(
  target: string,
  rules: URL,
): Promise<Service> {
  const folder = await Deno.makeTempDir();
  const config = {
    global: {
      scrape_interval: "100ms",
      scrape_timeout: "100ms",
      evaluation_interval: "1s",
    },
    rule_files: [rules.pathname],
    scrape_configs: [{
      job_name: "app",
      static_configs: [{ targets: [target] }],
    }],
  };
  await Deno.writeTextFile(`${folder}/prometheus.yml`, JSON.stringify(config));
  const port = freePort();
  const child = new Deno.Command("prometheus", {
    args: [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill("SIGKILL");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  };
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += POLL_MS) {
    try {
      const response = await fetch(`${endpoint}/-/ready`);
      await response.body?.cancel();
      if (response.ok) return service({ endpoint }, stop);
    } catch {
      // It does not listen yet.
    }
    await delay(POLL_MS);
  }
  await stop();
  throw new Error(`Prometheus is not ready within ${START_TIMEOUT_MS} ms`);
}
