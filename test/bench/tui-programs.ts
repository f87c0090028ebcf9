/** How the bench starts what it measures: the built screen and the yardstick beside it. */
import { join } from "node:path";
import type { BuiltProgram } from "../support/built.ts";

export const terminalSize = { columns: 120, rows: 40 };

export function screenProgram(
  built: BuiltProgram,
  socketPath: string,
  nodeFlags: readonly string[] = [],
): readonly string[] {
  return [process.execPath, ...nodeFlags, join(built.folder, "dist", "tui", "main.js"), "--socket", socketPath];
}

export function yardstickProgram(socketPath: string): readonly string[] {
  return [process.execPath, join(import.meta.dirname, "tui-yardstick.mjs"), "--socket", socketPath];
}
