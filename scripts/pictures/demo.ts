/**
 * Draws the demo in a terminal: `deno run -A scripts/pictures/demo.ts` writes
 * `docs/images/demo.svg`.
 *
 * @module
 */
import { terminalSvg } from "./terminal_svg.ts";

const ROOT = new URL("../../", import.meta.url);
const COMMAND = "npx -y deno@2 task demo";

if (import.meta.main) {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "demo"],
    cwd: ROOT,
    env: { AWS_EC2_METADATA_DISABLED: "true", NO_COLOR: "1" },
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("The demo has failed");
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  await Deno.writeTextFile(
    new URL("docs/images/demo.svg", ROOT),
    terminalSvg(COMMAND, lines),
  );
}
