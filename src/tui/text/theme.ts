/**
 * What a style means in terminal attributes. Sixteen-colour palette only, so that it reads on light and dark
 * backgrounds alike; without colour the attributes that carry meaning (bold, dim, inverse) stay.
 */
import { unreachable } from "../../base/unreachable.ts";

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
  return { ascii: options.ascii, sgr: (style) => (options.color ? colored(style) : attributesOnly(style)) };
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

function colored(style: Style): string {
  switch (style) {
    case "ok":
    case "string":
    case "tag-1":
      return "32";
    case "live":
    case "key":
    case "tag-2":
      return "36";
    case "warn":
    case "number":
    case "tag-3":
      return "33";
    case "error":
      return "1;31";
    case "accent":
      return "1;36";
    case "literal":
    case "tag-4":
      return "35";
    case "tag-5":
      return "34";
    case "tag-6":
      return "92";
    case "banner-warn":
      return "7;33";
    case "banner-error":
      return "7;31";
    case "plain":
    case "dim":
    case "strong":
    case "selected":
    case "match":
      return attributesOnly(style);
    default:
      return unreachable(style);
  }
}

function attributesOnly(style: Style): string {
  switch (style) {
    case "dim":
      return "2";
    case "strong":
    case "error":
    case "accent":
      return "1";
    case "selected":
    case "match":
    case "banner-warn":
    case "banner-error":
      return "7";
    default:
      return "";
  }
}
