/** Filters that a screen hands to the traffic list, as text in the filter language: quoted where that is needed. */
import { type Expression, printFilter } from "../../base/filter/index.ts";

type Key = Extract<Expression, { type: "text" }>["key"];

/** The whole text is this. */
export function exactly(key: Key, text: string): string {
  return printFilter({ type: "text", key, match: { how: "equals", text } });
}

/** It is a part of the text. */
export function holding(key: Key, text: string): string {
  return printFilter({ type: "text", key, match: { how: "contains", text } });
}
