// The transforms, written in plain JavaScript from their description: names, arguments and what is said of each.
//
// Where the description is silent, JavaScript decides; a list where a text belongs, or the reverse, is refused.

const isMissing = (value) => value === null || value === undefined;

function text(value) {
  if (isMissing(value)) return "";
  if (typeof value === "object") throw new TypeError("a text was expected");
  return String(value);
}

function list(value) {
  if (isMissing(value)) return [];
  if (!Array.isArray(value)) throw new TypeError("a list was expected");
  return value;
}

export function string(value) {
  if (isMissing(value)) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function get(value, path) {
  for (const key of String(path).split(/[.[\]]/).filter(Boolean)) {
    if (isMissing(value)) return undefined;
    value = value[key];
  }
  return value;
}

const OPERATORS = {
  ">": (left, right) => left > right,
  "<": (left, right) => left < right,
  ">=": (left, right) => left >= right,
  "<=": (left, right) => left <= right,
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right,
};

function filter(value, condition) {
  const match = /^\s*(\S+?)\s*(>=|<=|==|!=|>|<)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(condition);
  if (!match) throw new SyntaxError("a field, an operator and a number were expected");
  const [, field, operator, limit] = match;
  return list(value).filter((element) => {
    const number = Number(get(element, field));
    return !Number.isNaN(number) && OPERATORS[operator](number, Number(limit));
  });
}

function sort(value, path, direction = "asc") {
  const key = (element) => (isMissing(path) || path === "" ? element : get(element, path));
  const sign = direction === "desc" ? -1 : 1;
  return [...list(value)].sort((left, right) => {
    const [a, b] = [key(left), key(right)];
    return sign * (a < b ? -1 : a > b ? 1 : 0);
  });
}

function chunk(value, size) {
  if (!Number.isInteger(size) || size < 1) throw new RangeError("a size of at least 1 was expected");
  const chunks = [];
  for (let start = 0; start < list(value).length; start += size) chunks.push(value.slice(start, start + size));
  return chunks;
}

function parseJSON(value) {
  try {
    return JSON.parse(text(value));
  } catch {
    return null;
  }
}

/** Milliseconds since 1970; numbers below 1e11 are seconds; NaN where it is not a time. */
function time(value) {
  if (typeof value === "number") return new Date(value < 1e11 ? value * 1000 : value).getTime();
  return typeof value === "string" ? Date.parse(value) : NaN;
}

const orNull = (number) => (Number.isNaN(number) ? null : number);

/** The transforms, for a moment that `now` tells. */
export function transforms(now) {
  const ago = (unit) => (value) => {
    const then = time(value);
    return Number.isNaN(then) ? -1 : Math.floor((now() - then) / unit);
  };
  return {
    upper: (value) => text(value).toUpperCase(),
    lower: (value) => text(value).toLowerCase(),
    trim: (value) => text(value).trim(),
    length: (value) => (typeof value === "string" ? value.length : list(value).length),
    first: (value) => list(value)[0],
    last: (value) => list(value).at(-1),
    join: (value, separator = ",") => list(value).join(separator),
    string,
    number: (value) => Number(value),
    boolean: (value) => Boolean(value),
    map: (value, path) => list(value).map((element) => get(element, path)),
    filter,
    flatten: (value) => list(value).flat(),
    unique: (value) => [...new Set(list(value).map(string))],
    concat: (value, other) => [...list(value), ...list(other)],
    parseJSON,
    formatList: (value, line, separator = "\n") =>
      list(value)
        .map((element) => text(line).replace(/\{([^{}]+)\}/g, (_, field) => string(get(element, field.trim()))))
        .join(separator),
    find: (value, path, wanted) => list(value).find((element) => get(element, path) === wanted),
    filterBy: (value, path, wanted) => list(value).filter((element) => get(element, path) === wanted),
    hasOverlap: (value, other) => list(value).some((element) => list(other).includes(element)),
    sort,
    reverse: (value) => [...list(value)].reverse(),
    slice: (value, start, end) => (typeof value === "string" ? value : list(value)).slice(start, end),
    chunk,
    parseDate: (value) => orNull(time(value)),
    isoDate: (value) => (Number.isNaN(time(value)) ? null : new Date(time(value)).toISOString()),
    epochSeconds: (value) => orNull(Math.floor(time(value) / 1000)),
    daysAgo: ago(86_400_000),
    hoursAgo: ago(3_600_000),
    minutesAgo: ago(60_000),
    isBefore: (value, other) => time(value) < time(other),
    isAfter: (value, other) => time(value) > time(other),
  };
}
