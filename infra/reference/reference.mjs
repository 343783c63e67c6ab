// Answers cases with the engines that expressions and templates are compared with: npm `jexl` and npm `mustache`.
//
// One JSON line in, one out: {id, kind, text, data} gives {id, value} or {id, error, phase}. Kinds:
//   expression  a JEXL expression
//   template    tags as Mustache reads them, their contents as JEXL; one tag and nothing else keeps its type
//   config      a value as JSON, with templates in its texts and keys
//   mustache    a Mustache template with names, sections and comments; nothing is escaped
// With `missing`, what is null in the member `v` of the data is undefined.
// What JSON cannot say is written {"$": "undefined" | "NaN" | "Infinity" | "-Infinity" | "function" | "surrogate"}.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { join, resolve } from "node:path";

import { string, transforms } from "./transforms.mjs";

// The packages stand where `npm ci --prefix` put them, which need not be next to this file.
const require = createRequire(join(resolve(process.argv[2] ?? "."), "package.json"));
const { Jexl } = require("jexl");
const mustache = require("mustache");

process.env.TZ = "UTC";

let data = {};
const jexl = new Jexl();
jexl.addTransforms(
  transforms(() => {
    if (typeof data.nowMs !== "number") throw new Error("the time is not known");
    return data.nowMs;
  }),
);
// The two operators that workflows use and JEXL lacks: `in`, the other way round.
for (const name of ["contains", "includes"]) {
  jexl.addBinaryOp(name, 20, (whole, part) => {
    if (typeof whole === "string") return whole.indexOf(part) !== -1;
    return Array.isArray(whole) && whole.some((element) => element === part);
  });
}

class Refused extends Error {
  constructor(phase, error) {
    super(String(error?.message ?? error));
    this.phase = phase;
  }
}

function attempt(phase, run) {
  try {
    return run();
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(phase, error);
  }
}

function expression(text) {
  const compiled = attempt("parse", () => jexl.createExpression(text).compile());
  return attempt("evaluate", () => compiled.evalSync(data));
}

function template(text) {
  const tokens = attempt("parse", () => mustache.parse(text));
  // Comments, sections and partials are ignored.
  const used = tokens.filter(([type]) => type === "text" || type === "name" || type === "&");
  if (used.length === 1 && used[0][0] !== "text") return expression(used[0][1]);
  return used.map(([type, value]) => (type === "text" ? value : string(expression(value)))).join("");
}

/** Templates in the texts and keys of a value. */
function config(value) {
  if (typeof value === "string") return template(value);
  if (Array.isArray(value)) return value.map(config);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [template(key), config(member)]));
}

// Nothing is escaped, and lists and objects are printed as JSON, by every kind of tag.
class Writer extends mustache.Writer {
  escapedValue(token, context) {
    return string(context.lookup(token[1]));
  }

  unescapedValue(token, context) {
    return this.escapedValue(token, context);
  }
}
const writer = new Writer();

function render(text) {
  attempt("parse", () => writer.parse(text));
  return attempt("evaluate", () => writer.render(text, data));
}

function encode(value) {
  if (value === undefined) return { $: "undefined" };
  if (typeof value === "function") return { $: "function" };
  if (typeof value === "number" && !Number.isFinite(value)) return { $: String(value) };
  if (typeof value === "string") return value.isWellFormed() ? value : { $: "surrogate", text: value.toWellFormed() };
  if (Array.isArray(value)) return value.map(encode);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), encode(member)]));
}

/** The same with undefined where null is: what a path that leads nowhere gives to what is around it. */
function missing(value) {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(missing);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, missing(member)]));
}

const KINDS = { expression, template, mustache: render, config: (text) => config(JSON.parse(text)) };

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { id, kind, text, data: given, missing: isMissing } = JSON.parse(line);
  data = isMissing ? { ...given, v: missing(given.v) } : given;
  let answer;
  try {
    answer = { id, value: encode(KINDS[kind](text)) };
  } catch (error) {
    answer = { id, error: error.message.toWellFormed(), phase: error.phase ?? "evaluate" };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
