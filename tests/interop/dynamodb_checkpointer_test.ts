/**
 * Leases in the DynamoDB of moto, a second server that was not written for this library. It
 * evaluates conditions with other code than dynalite.
 *
 * @module
 */
import { Tables } from "../checkpoint/_dynamodb_fixtures.ts";
import { checkpointerSuite } from "../conformance/checkpointer_suite.ts";
import { hasMoto, startMoto } from "../_services/moto.ts";

/**
 * A `fetch` that sends one request at a time. Moto answers each in a thread of its own, and stores
 * without a lock what it has compared, so two conditional writes at a time can both succeed there.
 */
function oneAtATime(): typeof fetch {
  let last: Promise<unknown> = Promise.resolve();
  return (input, init) => {
    const answer = last.then(() => fetch(input, init));
    last = answer.catch(() => {});
    return answer;
  };
}

if (await hasMoto()) {
  checkpointerSuite(
    "DynamoDBCheckpointer on moto",
    async () => {
      const tables = new Tables(await startMoto());
      const fetch = oneAtATime();
      return {
        async open(name) {
          await tables.createOnce(name);
          return tables.open(name, { multiStream: true, fetch });
        },
        close: tables.close,
      };
    },
    { modelRuns: 3 },
  );
}
