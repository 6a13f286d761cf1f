/**
 * The lease table as the KCL for Java works on it: a process with Leases.java.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { here } from "./install.ts";
import { answersOf } from "./java_output.ts";
import type { TableLayout } from "./lease_cases.ts";

/** Options of {@linkcode KclLeases}. */
export interface KclLeasesOptions {
  readonly classPath: string;
  readonly endpoint: string;
  readonly tableName: string;
  readonly layout: TableLayout;
}

/** A running Leases.java. */
export class KclLeases implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #commands: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncGenerator<string>;

  constructor({ classPath, endpoint, tableName, layout }: KclLeasesOptions) {
    this.#process = new Deno.Command("java", {
      args: [
        "-cp",
        classPath,
        here("Leases.java"),
        endpoint,
        tableName,
        layout,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#commands = this.#process.stdin.getWriter();
    this.#answers = answersOf(this.#process.stdout);
  }

  /** Runs a command, see Leases.java. */
  async run(...fields: string[]): Promise<string> {
    const line = `${fields.join("\t")}\n`;
    await this.#commands.write(new TextEncoder().encode(line));
    const { done, value } = await this.#answers.next();
    assert(!done, `Leases.java has failed at ${line}`);
    return value;
  }

  /** Runs a write that the KCL accepts, or refuses. */
  async expect(accepted: boolean, ...fields: string[]): Promise<void> {
    assertEquals(await this.run(...fields), String(accepted), fields.join(" "));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commands.close();
    await this.#answers.return(undefined);
    await this.#process.status;
  }
}
