/**
 * The public address of the repository. This is the only place that knows it.
 *
 * @module
 */

/**
 * The address of the repository without a slash at its end, such as `https://github.com/owner/name`.
 *
 * A workflow of GitHub gets it from the variables that GitHub sets, because npm compares the address
 * in `package.json` with the repository whose workflow publishes. Anywhere else it is `repository`
 * in deno.json, and undefined if deno.json does not have it.
 */
export async function repositoryUrl(): Promise<string | undefined> {
  const name = Deno.env.get("GITHUB_REPOSITORY");
  const server = Deno.env.get("GITHUB_SERVER_URL");
  if (name && server) return `${server}/${name}`;
  const { repository } = JSON.parse(
    await Deno.readTextFile(new URL("../deno.json", import.meta.url)),
  ) as { repository?: string };
  return repository?.replace(/\/$/, "");
}
