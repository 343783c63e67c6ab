// Prints the branches of each source file from the JSON of `llvm-cov export --summary-only`, the evaluator's together.

import { readFileSync } from "node:fs";

const { data } = JSON.parse(readFileSync(0, "utf8"));
// What reads an expression or writes it out is no part of evaluating it.
const isEvaluator = (name) => /^(evaluate|transforms)[/.]|^(coerce|render|scope|limits)\.rs$/.test(name);

const rows = data[0].files
  .map(({ filename, summary }) => ({ name: filename.replace(/^.*expression\/src\//, ""), ...summary }))
  .sort((left, right) => left.name.localeCompare(right.name));

function line(name, files) {
  const sum = (kind, what) => files.reduce((total, file) => total + file[kind][what], 0);
  const share = (kind) => {
    const [count, covered] = [sum(kind, "count"), sum(kind, "covered")];
    const percent = count === 0 ? "-" : `${((100 * covered) / count).toFixed(1)} %`;
    return `${`${covered}/${count}`.padStart(11)} ${percent.padStart(8)}`;
  };
  console.log(`${name.padEnd(24)} ${share("branches")} ${share("lines")}`);
}

console.log(`${"file".padEnd(24)} ${"branches".padStart(20)} ${"lines".padStart(20)}`);
for (const row of rows) line(row.name, [row]);
line("evaluator", rows.filter((row) => isEvaluator(row.name)));
line("all", rows);
