/** docs/openapi.json: what a core of this version serves at /api/openapi.json. */
import { readFileSync } from "node:fs";
import { openApiDocument } from "../src/control/openapi.ts";

export function openApiFile(): string {
  const about: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const { version } = about as { version: string }; // npm wants one
  return `${JSON.stringify(openApiDocument(version), null, 1)}\n`;
}
