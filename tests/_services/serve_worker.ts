/**
 * Serves a Cloudflare Worker on a loopback port, in a process of its own: miniflare leaves timers
 * and ports behind. The argument is JSON with the script and its bindings. Prints the URL, and ends
 * when standard input ends.
 *
 * @module
 */
import { Miniflare } from "miniflare";

const { script, bindings } = JSON.parse(await Deno.readTextFile(Deno.args[0]!));
const workers = new Miniflare({
  modules: true,
  script,
  bindings,
  compatibilityDate: "2026-01-01",
  host: "127.0.0.1",
  port: 0,
});
console.log(`${await workers.ready}`);
for await (const _ of Deno.stdin.readable);
await workers.dispose();
Deno.exit(0);
