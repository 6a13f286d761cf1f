// The exchange of a JavaScript peer with `peer.ts`. Runs in Deno and in Node.js.
import process from "node:process";
import readline from "node:readline";

/** The parameters of the run. */
export const task = JSON.parse(process.argv[2]);

const lines = readline.createInterface({ input: process.stdin })
  [Symbol.asyncIterator]();

/** Prints a line and waits for one. */
export async function say(text) {
  process.stdout.write(text + "\n");
  await lines.next();
}
