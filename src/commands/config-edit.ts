/** `switchyard config init|edit`: a file to begin with, and the user's own editor on it. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { childExitCode } from "./child.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { readConfig } from "./load-config.ts";
import { askYes, canAsk } from "./prompt.ts";

export async function configInit(context: CommandContext, options: { readonly json: boolean }): Promise<number> {
  const path = context.paths.configFile;
  const created = await makeStarter(path);
  if (options.json) printJson(context, { path, created });
  else printLines(context.stdout, [path]);
  context.stderr.write(
    created ? "made; edit it with: switchyard config edit\n" : "it was there and is left as it is\n",
  );
  return exitCodes.ok;
}

export async function configEdit(context: CommandContext): Promise<number> {
  const path = context.paths.configFile;
  if (context.noInput === true) {
    throw new CommandFailure(exitCodes.usage, "an editor needs somebody at it", {
      why: "--no-input was given",
      next: "switchyard config set KEY VALUE",
    });
  }
  const editor = requireEditor(context);
  if (await makeStarter(path)) context.stderr.write(`made ${shown(path)}\n`);
  for (;;) {
    const code = await childExitCode(openEditor(context, editor, path));
    if (code !== 0) {
      throw new CommandFailure(exitCodes.failure, `the editor ended with code ${code}`, { why: shown(editor) });
    }
    const { config, problems, warnings } = readConfig(context);
    printLines(
      context.stderr,
      warnings.map((one) => `warning: ${shown(one)}`),
    );
    if (config !== null) {
      printLines(context.stdout, [
        `${path} is valid; ${config.routes.length} ${config.routes.length === 1 ? "rule" : "rules"}`,
      ]);
      return exitCodes.ok;
    }
    const why = problems.map((one) => shown(one)).join("\n       ");
    if (!canAsk(context)) {
      throw new CommandFailure(exitCodes.usage, "the file is not valid", { why, next: "switchyard config edit" });
    }
    printLines(
      context.stderr,
      problems.map((one) => `error: ${shown(one)}`),
    );
    if (!(await askYes(context, "A core would refuse this. Edit it again?"))) {
      throw new CommandFailure(exitCodes.usage, "the file is left with its mistake", {
        why: "a running core goes on with what it had before",
        next: "switchyard config edit",
      });
    }
  }
}

/** False when there is one: nothing is overwritten. */
async function makeStarter(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, starter, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Through the shell, as git does it: `code --wait` is a command line, not a name. */
function openEditor(context: CommandContext, editor: string, path: string): ReturnType<typeof spawn> {
  const options = { stdio: "inherit", env: context.env } as const;
  if (context.platform === "win32") return spawn(`${editor} "${path}"`, { ...options, shell: true });
  return spawn("/bin/sh", ["-c", `${editor} "$@"`, editor, path], options);
}

function requireEditor({ env, platform }: CommandContext): string {
  const chosen = env["VISUAL"] || env["EDITOR"];
  if (chosen) return chosen;
  if (platform === "win32") return "notepad";
  const folders = (env["PATH"] ?? "").split(delimiter);
  const found = ["nano", "vi"].find((name) => folders.some((folder) => existsSync(join(folder, name))));
  if (found !== undefined) return found;
  throw new CommandFailure(exitCodes.usage, "no editor is known", {
    why: "neither VISUAL nor EDITOR is set",
    next: "EDITOR=nano switchyard config edit   (or: switchyard config set KEY VALUE)",
  });
}

const starter = `# Switchyard's configuration. It is read again when you save it; a mistake keeps what was in force before.
#   switchyard config validate    checks it
#   switchyard config schema      prints a JSON Schema of it, for your editor
# Every key: docs/configuration.md of the package. What is not here has its default.

# listen:
#   port: 8317

# Providers that are built in need no entry, only an account: switchyard providers list
# providers:
#   local:
#     type: openai-compatible
#     endpoint: http://127.0.0.1:8000/v1
#     auth_type: none

# Keys that commands add are kept in private files: switchyard accounts add openrouter
# accounts:
#   - { provider: openrouter, name: mine, api_key: "\${OPENROUTER_API_KEY}" }

# combos:
#   coding: [openrouter/qwen/qwen3-coder, local/qwen3-coder]
# aliases:
#   sonnet: claude/claude-sonnet-4-5

# The first rule that matches decides; a call without one is passed through untouched.
# routes:
#   - match: { client: claude-code, model: "claude-*" }
#     to: combo/coding
`;
