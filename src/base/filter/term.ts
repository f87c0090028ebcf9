/** What stands behind a key, by the kind of the key: texts, figures with units, words of a list. */
import { nearest } from "../nearest.ts";
import type { Comparison, Term, TextMatch } from "./expression.ts";
import {
  actionWords,
  type ContentKey,
  hasWords,
  isWords,
  type KnownKey,
  type NumberKey,
  type TextKey,
  type WordKey,
  wordSynonyms,
} from "./keys.ts";
import type { Value } from "./lexer.ts";
import { readPattern } from "./pattern.ts";
import { type FilterProblem, problem } from "./problem.ts";

type Made = { readonly ok: true; readonly term: Term } | { readonly ok: false; readonly problem: FilterProblem };

/** `at` is where the value begins, its sign included. */
export function termOf({ key, kind }: Pick<KnownKey, "key" | "kind">, value: Value, at: number): Made {
  // The kind of a key says which of the four it is.
  switch (kind) {
    case "text":
      return withMatch(key, value, at, (match) => ({ type: "text", key: key as TextKey, match }));
    case "content":
      return withMatch(key, value, at, (match) => ({ type: "content", key: key as ContentKey, match }));
    case "number":
      return numberTerm(key as NumberKey, value, at);
    case "word":
      return wordTerm(key as WordKey, value, at);
  }
}

function withMatch(key: string, value: Value, at: number, make: (match: TextMatch) => Term): Made {
  const { sign, text, isQuoted } = value;
  if (sign === "") {
    return { ok: true, term: make({ how: !isQuoted && text.includes("*") ? "glob" : "contains", text }) };
  }
  if (sign === "=") {
    if (["body", "rq", "rs"].includes(key))
      return wrong(`${key}: looks for a part of the body; = has no meaning there`, at, 1);
    return { ok: true, term: make({ how: "equals", text }) };
  }
  if (sign !== "~") return wrong(`${key}: is a text; ${sign} compares figures`, at, sign.length);
  const read = readPattern(text);
  if (!read.ok) return wrong(read.message, value.at + read.at, read.length);
  return { ok: true, term: make({ how: "pattern", text }) };
}

const statusClass = /^([1-5])xx$/i;
const figure = /^(\$?)(\d{1,15})(?:\.(\d{1,9}))?([a-z]*)$/i;

/** What one of each unit is worth. Durations are counted in ms, as everywhere in what we publish. */
const countUnits: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6 };
const timeUnits: Readonly<Record<string, number>> = { "": 1, ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 };
const units: Readonly<Record<NumberKey, Readonly<Record<string, number>>>> = {
  status: { "": 1 },
  try: { "": 1 },
  cost: { "": 1 },
  tok: countUnits,
  in: countUnits,
  out: countUnits,
  dur: timeUnits,
  ttft: timeUnits,
  age: timeUnits,
};

/** What a figure of this key looks like. */
const samples: Readonly<Record<NumberKey, string>> = {
  status: "429, >=400 or 5xx",
  try: ">1",
  cost: ">0.25",
  tok: ">50k",
  in: ">=100k",
  out: "<10",
  dur: ">10s or <=800ms",
  ttft: ">800ms or >2s",
  age: "<5m or >1h",
};

function numberTerm(key: NumberKey, value: Value, at: number): Made {
  // mitmproxy's `~c 404`, and a status is no text that a pattern could fit.
  const sign: Comparison = value.sign === "" || value.sign === "~" ? "=" : value.sign;
  const end = value.text.length + (value.at - at) + (value.isQuoted ? 1 : 0);
  const digit = statusClass.exec(value.text)?.[1];
  if (key === "status" && digit !== undefined && sign === "=") {
    return { ok: true, term: { type: "status-class", digit: Number(digit) } };
  }
  const found = figure.exec(value.text);
  const [, dollar = "", whole = "", decimals = "", unit = ""] = found ?? [];
  if (found === null || (dollar !== "" && key !== "cost"))
    return wrong(`${key}: takes a figure, as ${samples[key]}`, at, end);
  const known = units[key];
  const worth = Object.hasOwn(known, unit.toLowerCase()) ? known[unit.toLowerCase()] : undefined;
  if (worth === undefined) {
    const names = Object.keys(known).filter((name) => name !== "");
    const message =
      names.length === 0
        ? `${key}: is counted without a unit`
        : `"${unit}" is no unit of ${key}, only ${names.join(" ")} are`;
    return wrong(message, value.at + value.text.length - unit.length, unit.length);
  }
  if (key === "age" && unit === "") return wrong("age: needs a unit: ms, s, m, h or d", at, end);
  const written = `${whole}${decimals === "" ? "" : `.${decimals}`}${unit.toLowerCase()}`;
  return {
    ok: true,
    term: {
      type: "number",
      key,
      comparison: sign,
      written,
      value: Number(decimals === "" ? whole : `${whole}.${decimals}`) * worth,
      precision: worth / 10 ** decimals.length,
    },
  };
}

const words: Readonly<Record<WordKey, readonly string[]>> = {
  is: Object.keys(isWords),
  has: Object.keys(hasWords),
  action: actionWords,
};

function wordTerm(key: WordKey, value: Value, at: number): Made {
  const end = value.text.length + (value.at - at) + (value.isQuoted ? 1 : 0);
  const asked = value.text.toLowerCase();
  const synonyms = wordSynonyms[key];
  const word = Object.hasOwn(synonyms, asked) ? (synonyms[asked] ?? asked) : asked;
  if ((value.sign === "" || value.sign === "=") && words[key].includes(word))
    return { ok: true, term: { type: "word", key, word } };
  const message = `${key}: is one of ${words[key].join(", ")}`;
  return { ok: false, problem: problem(message, at, end, nearest(asked, words[key])) };
}

function wrong(message: string, at: number, length: number): Made {
  return { ok: false, problem: problem(message, at, length) };
}
