/**
 * What the configuration contract has and this version does not act on yet. Such a setting is validated and kept, and
 * its user is told: silence would let them believe that it works. A row goes when its feature lands.
 */
import type { ConfigFile } from "./file-schema.ts";
import { pathText, type Path } from "./problem.ts";

export interface Dormant {
  readonly path: Path;
  readonly value: unknown;
}

export function dormantParts(file: ConfigFile): readonly Dormant[] {
  // It may hold keys; what is kept says only that it is there.
  return file.gateway === undefined ? [] : [{ path: ["gateway"], value: true }];
}

export function dormantWarning(path: Path): string {
  return `accepted, not active in this version: ${pathText(path)}`;
}
