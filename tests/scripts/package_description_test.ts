import { assert, assertEquals, assertMatch } from "@std/assert";
import { entryPointsOf } from "../../scripts/entry_points.ts";
import { repositoryUrl } from "../../scripts/repository.ts";

const ROOT = new URL("../../", import.meta.url);
/** JSR accepts no longer description. */
const LONGEST_DESCRIPTION = 250;

const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

Deno.test("deno.json has a description that JSR accepts", async () => {
  const { description } = JSON.parse(await read("deno.json"));
  assert(description.length > 100 && description.length <= LONGEST_DESCRIPTION);
});

Deno.test("CONTRIBUTING.md has the description that is set on the page of JSR", async () => {
  const { description } = JSON.parse(await read("deno.json"));
  const text = (await read("CONTRIBUTING.md")).replace(/\n\s*>/g, "\n")
    .replace(/\s+/g, " ");
  assert(text.includes(description), description);
});

Deno.test("The README has an example, and every entry point describes itself, as JSR counts", async () => {
  assertMatch(
    await read("README.md"),
    /```ts\nimport .* "@webstreams\/kinesis"/,
  );
  for (const path of await entryPointsOf(ROOT)) {
    const [comment = ""] = /^\/\*\*[^]*?\*\//m.exec(await read(path)) ?? [];
    assertMatch(comment, /\* @module/, path);
  }
});

Deno.test("repositoryUrl is the repository of the workflow, or else that of deno.json", async () => {
  const names = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY"];
  const before = names.map((name) => Deno.env.get(name));
  try {
    Deno.env.set("GITHUB_SERVER_URL", "https://github.com");
    Deno.env.set("GITHUB_REPOSITORY", "owner/name");
    assertEquals(await repositoryUrl(), "https://github.com/owner/name");
    Deno.env.delete("GITHUB_REPOSITORY");
    const { repository } = JSON.parse(await read("deno.json"));
    assertEquals(await repositoryUrl(), repository);
  } finally {
    names.forEach((name, i) => {
      const value = before[i];
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    });
  }
});
