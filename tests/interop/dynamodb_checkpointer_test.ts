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
  // One server for all tests, because it takes a second to start.
  const moto = await startMoto();
  Deno.test.afterAll(() => moto.close());
  const fetch = oneAtATime();
  let stores = 0;
  checkpointerSuite(
    "DynamoDBCheckpointer on moto",
    () => {
      const tables = new Tables(moto);
      const store = stores++;
      return {
        async open(name) {
          const table = `${name}-${store}`;
          await tables.createOnce(table);
          return tables.open(table, { multiStream: true, fetch });
        },
      };
    },
    { modelRuns: 3 },
  );
}
