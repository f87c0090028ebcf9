/** How the bench starts what it measures: the built screen and the yardstick beside it. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const terminalSize = { columns: 120, rows: 40 };

export function screenProgram(socketPath: string, nodeFlags: readonly string[] = []): readonly string[] {
  const main = fileURLToPath(new URL("../../dist/tui/main.js", import.meta.url));
  return [process.execPath, ...nodeFlags, main, "--socket", socketPath];
}

export function yardstickProgram(socketPath: string): readonly string[] {
  return [process.execPath, join(import.meta.dirname, "tui-yardstick.mjs"), "--socket", socketPath];
}
