/**
 * What a style means in terminal attributes. Sixteen-colour palette only, so that it reads on light and dark
 * backgrounds alike; without colour the attributes that carry meaning (bold, dim, inverse) stay.
 */
export type Style =
  | "plain"
  | "dim"
  | "strong"
  | "ok"
  | "live"
  | "warn"
  | "error"
  | "accent"
  | "selected"
  | "match"
  | "banner-warn"
  | "banner-error"
  | "key"
  | "string"
  | "number"
  | "literal"
  | "tag-1"
  | "tag-2"
  | "tag-3"
  | "tag-4"
  | "tag-5"
  | "tag-6";

export interface Theme {
  /** Parameters of an SGR sequence, empty for the terminal's own look. */
  sgr(style: Style): string;
  /** Draw with ASCII only: our own glyphs are swapped, foreign characters become `?`. */
  readonly ascii: boolean;
}

export interface ThemeOptions {
  readonly color: boolean;
  readonly ascii: boolean;
}

export function createTheme(options: ThemeOptions): Theme {
  return { ascii: options.ascii, sgr: (style) => looks[style][options.color ? 0 : 1] };
}

/** Everything dim but what is selected: what is shown may no longer be true. */
export function dimmed(theme: Theme): Theme {
  return { ...theme, sgr: (style) => theme.sgr(style === "selected" || style === "match" ? style : "dim") };
}

/** NO_COLOR (no-color.org: any non-empty value) and terminals that know none. */
export function wantsColor(env: NodeJS.ProcessEnv): boolean {
  return !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

/** The locale says what the terminal can draw; nothing set means UTF-8, as every current terminal is. */
export function wantsAscii(env: NodeJS.ProcessEnv): boolean {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return locale === "C" || locale === "POSIX";
}

/** SGR parameters of each style: with colour, and what stays of it without. */
const looks: Readonly<Record<Style, readonly [color: string, plain: string]>> = {
  plain: ["", ""],
  dim: ["2", "2"],
  strong: ["1", "1"],
  ok: ["32", ""],
  live: ["36", ""],
  warn: ["33", ""],
  error: ["1;31", "1"],
  accent: ["1;36", "1"],
  selected: ["7", "7"],
  match: ["7", "7"],
  "banner-warn": ["7;33", "7"],
  "banner-error": ["7;31", "7"],
  key: ["36", ""],
  string: ["32", ""],
  number: ["33", ""],
  literal: ["35", ""],
  "tag-1": ["32", ""],
  "tag-2": ["36", ""],
  "tag-3": ["33", ""],
  "tag-4": ["35", ""],
  "tag-5": ["34", ""],
  "tag-6": ["92", ""],
};
