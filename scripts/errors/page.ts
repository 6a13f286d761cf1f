/**
 * The page of errors as Markdown.
 *
 * @module
 */
import { hintFor } from "../../_aws/error_hints.ts";
import type { ApiClass } from "../reference/api.ts";
import { plain } from "../reference/markdown.ts";
import type { CodeGroup } from "./own_codes.ts";
import type { ServiceCode } from "./service_codes.ts";

const INTRODUCTION = `# Errors

All errors extend \`KinesisError\`. \`code\` is the reason for programs and stays
the same across releases, \`message\` says for people what failed and what to do,
and \`retryable\` says whether the same request may succeed later. Retries have
already been made when an error arrives. \`JSON.stringify(error)\` gives its data
without values and secrets. A call that was aborted rejects with the reason of
its signal. A wrong option throws a \`TypeError\` or \`RangeError\` in the
constructor.

\`\`\`ts
import { KinesisClient, KinesisError } from "@webstreams/kinesis";
import { KinesisServer } from "@webstreams/kinesis/testing";
import { assertEquals } from "@std/assert";

const client = new KinesisClient(new KinesisServer().connection);
try {
  await client.describeStreamSummary({ StreamName: "order" });
} catch (error) {
  if (!(error instanceof KinesisError)) throw error;
  assertEquals(error.code, "ResourceNotFoundException");
  assertEquals(error.retryable, false);
}
\`\`\`

\`deno task reference\` writes this page, and a test compares it with the source:
each code of the library is here.
`;

/** The page. */
export function errorsPage(
  classes: readonly ApiClass[],
  groups: readonly CodeGroup[],
  serviceCodes: readonly ServiceCode[],
): string {
  return [
    INTRODUCTION,
    "## Classes\n",
    table(
      ["Class", "When"],
      classes.map((
        { name, doc },
      ) => [`\`${name}\``, plain(doc).replace(/\s+/g, " ")]),
    ),
    "## Codes of the library\n",
    ...groups.map(({ title, codes }) =>
      `### ${title}\n\n` +
      table(
        ["Code", "What it means", "What to do"],
        codes.map((
          { code, meaning, remedy },
        ) => [`\`${code}\``, meaning, remedy]),
      )
    ),
    "## Codes of the service\n",
    "A `ServiceError` has the code of the service, or `Http` and the status if the answer has none. " +
    "Actions may have more codes: the API reference of AWS lists them.\n",
    table(
      ["Code", "What it means", "What to do"],
      serviceCodes.map(({ code, meaning, remedy }) => {
        const hint = remedy ?? hintFor(code, "PutRecords");
        if (hint === undefined) throw new Error(`${code} has no remedy`);
        return [`\`${code}\``, meaning, /[.)]$/.test(hint) ? hint : `${hint}.`];
      }),
    ),
  ].join("\n");
}

function table(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(columns),
    line(columns.map(() => "---")),
    ...rows.map(line),
  ].join("\n") + "\n";
}
