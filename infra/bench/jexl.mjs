// Reads and evaluates a corpus of expressions with npm `jexl`; talks as expression/examples/throughput.rs does.
//
//     node infra/bench/jexl.mjs FOLDER corpus.jsonl      FOLDER is where `npm ci --prefix` put the packages

import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

import { transforms } from "../reference/transforms.mjs";

const [folder, corpus] = process.argv.slice(2);
const require = createRequire(join(resolve(folder), "package.json"));
const { Jexl } = require("jexl");

let data = {};
const jexl = new Jexl();
jexl.addTransforms(transforms(() => data.nowMs));
// The two operators that workflows use and JEXL lacks.
for (const name of ["contains", "includes"]) {
  jexl.addBinaryOp(name, 20, (whole, part) => whole.includes(part));
}

// A value that is undefined is a missing member, which both sides have.
function hasValue({ text, data: given }) {
  data = given;
  try {
    jexl.createExpression(text).compile().evalSync(given);
    return true;
  } catch {
    return false;
  }
}

function measured(work) {
  const start = process.hrtime.bigint();
  const result = work();
  return [Number(process.hrtime.bigint() - start), result];
}

// What is computed is kept, so that nothing can be left out as unused.
let last;

function round(cases) {
  const [parse, expressions] = measured(() => cases.map(({ text }) => jexl.createExpression(text).compile()));
  const [evaluate] = measured(() => {
    cases.forEach((case_, at) => {
      data = case_.data;
      last = expressions[at].evalSync(data);
    });
  });
  const [both] = measured(() => {
    for (const case_ of cases) {
      data = case_.data;
      last = jexl.createExpression(case_.text).compile().evalSync(data);
    }
  });
  return { parse, evaluate, both };
}

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

let cases = [];
for await (const line of createInterface({ input: createReadStream(corpus), crlfDelay: Infinity })) {
  const case_ = JSON.parse(line);
  if (case_.kind === "expression" && hasValue(case_)) cases.push(case_);
}
say({ ids: cases.map(({ id }) => id) });

let isChosen = false;
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (isChosen) {
    say(round(cases));
    continue;
  }
  const wanted = new Set(JSON.parse(line));
  cases = cases.filter(({ id }) => wanted.has(id));
  isChosen = true;
}
