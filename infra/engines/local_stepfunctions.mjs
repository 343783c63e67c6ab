// npm `aws-local-stepfunctions` behind JSON lines: it runs machines in its own process, and keeps nothing.
//
//     node infra/engines/local_stepfunctions.mjs .tools/engines
//
// A line `{definition, input, executions}` runs that many executions at once, and is answered by
// `{status, output, error, seconds}` of the last one.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';

const { StateMachine } = createRequire(resolve(process.argv[2], 'package.json'))('aws-local-stepfunctions');
const machines = new Map();

async function run({ definition, input, executions = 1 }) {
  const text = JSON.stringify(definition);
  if (!machines.has(text)) {
    machines.set(text, new StateMachine(definition));
  }
  const machine = machines.get(text);
  const begun = performance.now();
  let output;
  try {
    const all = Array.from({ length: executions }, () => machine.run(input).result);
    output = (await Promise.all(all)).at(-1);
  } catch (error) {
    return { status: 'FAILED', error: String(error) };
  }
  return { status: 'SUCCEEDED', output, seconds: (performance.now() - begun) / 1000 };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run(JSON.parse(line))));
}
