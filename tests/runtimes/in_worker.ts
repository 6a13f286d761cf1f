/** The scenario in a Cloudflare Worker: the query has the place. @module */
import { scenario } from "./scenario.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const endpoint = searchParams.get("endpoint") ?? undefined;
    return Response.json(await scenario({ endpoint, prefix: "worker" }));
  },
};
