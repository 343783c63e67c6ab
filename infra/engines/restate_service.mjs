// Ten trivial durable steps in a row on Restate, for `performance.py`.
//
//     node infra/engines/restate_service.mjs .tools/engines PORT

import { createRequire } from 'node:module';
import { resolve } from 'node:path';

// The SDK is written for Node 22; this is the one thing that Node 20 has not.
Promise.withResolvers ??= function withResolvers() {
  const made = {};
  made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

const restate = createRequire(resolve(process.argv[2], 'package.json'))('@restatedev/restate-sdk');

const chain = restate.service({
  name: 'chain',
  handlers: {
    run: async (context, input) => {
      let count = input.count;
      for (let step = 1; step <= 10; step += 1) {
        const before = count;
        count = await context.run(`step ${step}`, () => before + 1);
      }
      return { count };
    },
  },
});

// It listens on all interfaces unless the server is made here.
const { createServer } = await import('node:http2');
createServer(restate.createEndpointHandler({ services: [chain] })).listen(Number(process.argv[3]), '127.0.0.1');
