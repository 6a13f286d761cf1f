/**
 * The page of policies as Markdown.
 *
 * @module
 */
import type { AuthorizedCall } from "../../testing/mod.ts";
import { type Job, JOBS } from "./jobs.ts";
import { makeWorld, PLACE } from "./world.ts";

const INTRODUCTION = `# Policies of IAM

The exact policy of each kind of program: no call is denied with it, and no
action is superfluous. The policies are not written by hand: a script runs each
program against the in-memory server and an emulator of DynamoDB, and notes what
its requests need. A test does the same, and fails if this page says something
else.

Replace \`us-east-1\`, the account \`123456789012\`, the stream \`orders\` and the
table \`billing\`. The statement with \`kms:\` is for a stream that is encrypted
with a key of your own. Leave it out if the stream is not encrypted, or with the
key \`alias/aws/kinesis\` in the same account.

[CloudFormation and Terraform](./infrastructure.md#policies) have the same
policies. [\`client.preflight()\`](./client.md#permissions-before-the-start)
checks on AWS what a running program may do, and
[\`withPolicy\`](./testing.md#permissions) proves in a test that a program of
yours needs no more than its policy has.
`;

const END = `## Other parts

| Part | Permissions |
| --- | --- |
| a \`Producer\` as a sink, or for dead letters | those of a [producer](#producer) on the other stream |
| \`RedisCheckpointer\`, \`SqlCheckpointer\` | [commands of Redis](./checkpoints.md#redis-in-detail), [statements of SQL](./checkpoints.md#sql-in-detail) |
| \`streamMetrics\` | \`cloudwatch:GetMetricData\` on \`*\`: [CloudWatch](./cloudwatch.md) |
| a function of Lambda | the role of the function, not the function, reads the stream: [templates](./infrastructure.md) |
| the command line | [its commands](./cli.md) |
`;

/** The page. */
export async function policiesPage(): Promise<string> {
  const contents = JOBS.map(({ title }) =>
    `- [${title}](#${title.toLowerCase().replaceAll(" ", "-")})\n`
  ).join("");
  const parts = await Promise.all(JOBS.map(partOf));
  return [INTRODUCTION, contents, ...parts, END].join("\n");
}

async function partOf(job: Job): Promise<string> {
  const { title, about, kms } = job;
  const world = await makeWorld();
  await job.run(world);
  const policy = {
    Version: "2012-10-17",
    Statement: statementsOf(world.calls),
  };
  if (kms) {
    policy.Statement.push({
      Effect: "Allow",
      Action: kms,
      Resource: `arn:aws:kms:${PLACE}:key/<id of the key>`,
    });
  }
  return `## ${title}\n\n${about}\n\n\`\`\`json\n${
    JSON.stringify(policy, null, 2)
  }\n\`\`\`\n`;
}

interface Statement {
  readonly Effect: "Allow";
  readonly Action: string | string[];
  readonly Resource: string;
}

/** One statement for each resource. */
function statementsOf(calls: readonly AuthorizedCall[]): Statement[] {
  const byResource = Map.groupBy(calls, ({ resource }) => stable(resource));
  return [...byResource].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([Resource, needed]) => {
      const actions = [...new Set(needed.map(({ action }) => action))].sort();
      return {
        Effect: "Allow",
        Action: actions.length === 1 ? actions[0]! : actions,
        Resource,
      };
    });
}

/**
 * An ARN that is the same in each run: those of registered consumers end with the time of their
 * creation, and those of queues with a random id.
 */
function stable(resource: string): string {
  return resource.replace(/:\d{10}$/, ":*")
    .replace(/:queue\/.*$/, ":queue/<id of the queue>");
}
