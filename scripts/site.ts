/**
 * Builds the web site of the documentation: the guides, the search and the API reference, as files
 * that need no server.
 *
 *     deno task site                  # into _site/
 *     deno task site --output docs    # into another folder, which is emptied first
 *     deno task site --no-api         # the guides alone
 *     deno task site --serve          # and serves it on a loopback port
 *
 * Fails with a list of the links that lead nowhere.
 *
 * @module
 */
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { repositoryUrl } from "./repository.ts";
import { buildSite } from "./site/build.ts";
import { serveSite } from "./site/serve.ts";

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  const { values } = parseArgs({
    args: Deno.args,
    allowNegative: true,
    options: {
      output: {
        type: "string",
        default: fileURLToPath(new URL("_site", root)),
      },
      api: { type: "boolean", default: true },
      serve: { type: "boolean", default: false },
    },
  });
  const site = pathToFileURL(`${resolve(values.output)}/`);
  const repository = await repositoryUrl();
  const broken = await buildSite({
    root,
    site,
    repository,
    withApi: values.api,
  });
  if (broken.length > 0) {
    console.error(broken.join("\n"));
    Deno.exit(1);
  }
  console.log(`The site is in ${fileURLToPath(site)}`);
  if (values.serve) {
    const { url, finished } = serveSite(site);
    console.log(url);
    await finished;
  }
}
