import { assertEquals } from "@std/assert";
import { deadLinksOf, withoutDeadLinks } from "../../scripts/package_links.ts";

const PAGE = `See [cli](./cli.md#put), [the
figures](../bench/README.md#hooks), [top](#top) and [AWS](https://aws.amazon.com).

\`\`\`md
[kept](../bench/README.md)
\`\`\`
`;
const has = (path: string) => path === "docs/cli.md";

Deno.test("deadLinksOf finds links to files that a package lacks, and none in code", () => {
  assertEquals(deadLinksOf(PAGE, "docs/a.md", has), [
    "../bench/README.md#hooks",
  ]);
  assertEquals(deadLinksOf("[a](a.md)", "README.md", () => true), []);
  assertEquals(deadLinksOf("[a](docs/x.md)", "README.md", has), ["docs/x.md"]);
});

Deno.test("withoutDeadLinks points at the repository, or names the file", () => {
  const edited = (repository: string | undefined) =>
    withoutDeadLinks(PAGE, "docs/a.md", { has, repository });
  assertEquals(
    edited("https://example.com/blob/v1/"),
    PAGE.replace(
      "(../bench/README.md#hooks)",
      "(https://example.com/blob/v1/bench/README.md#hooks)",
    ),
  );
  assertEquals(
    edited(undefined),
    PAGE.replace(
      "[the\nfigures](../bench/README.md#hooks)",
      "the\nfigures (`bench/README.md` in the repository)",
    ),
  );
  assertEquals(deadLinksOf(edited(undefined), "docs/a.md", has), []);
});
