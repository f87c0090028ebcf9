/** Wildcards of rules and targets: globs with `*`, as base/glob.ts reads them. */
import { globTest, type TextTest } from "../../base/glob.ts";

export type Glob = TextTest;

export interface GlobOptions {
  readonly ignoreCase?: boolean;
}

export function compileGlob(pattern: string, options: GlobOptions = {}): Glob {
  return globTest(pattern, options);
}

export function isWildcard(pattern: string): boolean {
  return pattern.includes("*");
}
