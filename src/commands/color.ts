/** Whether to colour, and how: NO_COLOR, FORCE_COLOR and TERM are what other programs read, too. */
import type { Output } from "./context.ts";
import type { Paint } from "./failure.ts";

export function colorWanted(env: NodeJS.ProcessEnv, output: Output): boolean {
  if (env["NO_COLOR"]) return false;
  const force = env["FORCE_COLOR"];
  if (force !== undefined && force !== "" && force !== "0" && force !== "false") return true;
  if (force === "0" || force === "false" || env["TERM"] === "dumb") return false;
  return output.isTTY === true;
}

const codes = { error: "1;31", label: "2", title: "1" } as const;

export const paint: Paint = (text, style) => `\u001b[${codes[style]}m${text}\u001b[0m`;

export function bold(text: string): string {
  return `\u001b[${codes.title}m${text}\u001b[0m`;
}
