/** The scenario in a program or a page: `place` is global, and `findings` too in the end. @module */
import { scenario } from "./scenario.ts";

const scope = globalThis as unknown as {
  place: Parameters<typeof scenario>[0];
  findings: unknown;
};
try {
  scope.findings = await scenario(scope.place);
} catch (error) {
  scope.findings = `${(error as Error).stack}`;
}
