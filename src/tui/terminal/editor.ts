/** The person's own editor on a private file, with the terminal to itself; the screen comes back when it ends. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { ProcessTerminal } from "./terminal.ts";

/** @returns what was saved; null when it was left as it was. @throws Error in words for a notice */
export async function editText(terminal: ProcessTerminal, text: string, suffix: string): Promise<string | null> {
  const editor = editorOf(process.env, process.platform);
  if (editor === null) throw new Error("no editor is known: set VISUAL or EDITOR");
  // Only its owner may look in, and nothing of it stays.
  const folder = await mkdtemp(join(tmpdir(), "switchyard-"));
  const file = join(folder, `call${suffix}`);
  try {
    await writeFile(file, text, { mode: 0o600 });
    terminal.leave();
    const code = await runEditor(editor, file).finally(() => terminal.enter());
    if (code !== 0) throw new Error(`the editor ended with code ${code}: nothing was done`);
    const saved = await readFile(file, "utf8");
    return saved === text ? null : saved;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function editorOf(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string | null {
  const chosen = env["VISUAL"]?.trim() || env["EDITOR"]?.trim();
  if (chosen) return chosen;
  if (platform === "win32") return "notepad";
  const folders = (env["PATH"] ?? "").split(delimiter);
  return ["nano", "vi"].find((name) => folders.some((folder) => existsSync(join(folder, name)))) ?? null;
}

/** Through the shell, as git does it: `code --wait` is a command line, not a name. */
function runEditor(editor: string, file: string): Promise<number> {
  const child =
    process.platform === "win32"
      ? spawn(`${editor} "${file}"`, { stdio: "inherit", shell: true })
      : spawn("/bin/sh", ["-c", `${editor} "$@"`, editor, file], { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}
