/**
 * Runs a bundle as the runtime of Lambda for Node does: asks for events and answers them.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
const api =
  `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const { handler } = await import(process.env.BUNDLE);
for (;;) {
  const next = await fetch(`${api}/next`);
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const deadline = Number(next.headers.get("lambda-runtime-deadline-ms"));
  const context = { getRemainingTimeInMillis: () => deadline - Date.now() };
  const answer = await handler(await next.json(), context);
  const body = JSON.stringify(answer);
  await (await fetch(`${api}/${id}/response`, { method: "POST", body })).text();
}
