/** The body of a call in the user's own editor, before it is sent again. Nothing stays on the disk. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FlowDetailJson } from "../base/controls.ts";
import { parseJson } from "../base/json.ts";
import { childExitCode } from "./child.ts";
import { type CommandContext, shown } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { indentJson } from "./indent-json.ts";
import { askLine, askYes, canAsk } from "./prompt.ts";

/** The body to send; null: nothing is to be sent. @throws CommandFailure where it cannot be edited */
export async function editedBody(context: CommandContext, flow: FlowDetailJson): Promise<string | null> {
  const given = editable(flow);
  const editor = editorOf(context);
  const folder = await mkdtemp(join(tmpdir(), "switchyard-edit-"));
  const file = join(folder, `${flow.id}.json`);
  try {
    await writeFile(file, given, { mode: 0o600, flag: "wx" });
    for (;;) {
      await runEditor(context, editor, file);
      const text = await readFile(file, "utf8");
      if (text.trimEnd() === given.trimEnd()) return await unchanged(context, text);
      const parsed = parseJson(text);
      if (parsed.ok) return text;
      if (!(await wantsAnotherTry(context, parsed.why))) {
        throw new CommandFailure(exitCodes.usage, "what was edited is not JSON: nothing was sent", {
          why: shown(parsed.why),
        });
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function editable({ id, action, protocol, endedAt, sides }: FlowDetailJson): string {
  const body = sides["client-request"]?.body;
  const why =
    action === "tunnel" || protocol === "websocket"
      ? "there is no request in it that could be repeated"
      : endedAt === undefined
        ? "it has not ended yet"
        : body === undefined || body.truncated
          ? "its body was not kept whole"
          : body.text === undefined
            ? "its body is not text"
            : null;
  if (why !== null) throw new CommandFailure(exitCodes.failure, `flow ${shown(id)} cannot be edited`, { why });
  const text = body?.text ?? "";
  return parseJson(text).ok ? indentJson(text) : text;
}

function editorOf(context: CommandContext): string {
  const { VISUAL, EDITOR } = context.env;
  const editor = VISUAL?.trim() || EDITOR?.trim();
  if (editor) return editor;
  if (canAsk(context)) return context.platform === "win32" ? "notepad" : "vi";
  throw new CommandFailure(exitCodes.usage, "there is no editor to edit with", {
    why: "neither VISUAL nor EDITOR is set, and this is no terminal",
    next: "EDITOR=nano switchyard replay ID --edit",
  });
}

/** Words alone: the shell can make way for the program, so that a signal reaches it. */
const plainCommand = /^[\w@%+:,./~ -]+$/;

/** As git does it: the variable is a command line, the file its last argument. */
async function runEditor(context: CommandContext, editor: string, file: string): Promise<void> {
  const command = `${plainCommand.test(editor) ? "exec " : ""}${editor} "$@"`;
  const child =
    context.platform === "win32"
      ? spawn(`${editor} "${file}"`, { stdio: "inherit", shell: true, env: context.env })
      : spawn("sh", ["-c", command, editor, file], { stdio: "inherit", env: context.env });
  const endings = [
    // The terminal sends them to the editor as well, which knows what to do with them.
    context.onSignal(["SIGINT", "SIGQUIT"], () => {}),
    context.onSignal(["SIGTERM", "SIGHUP"], (name) => child.kill(name)),
  ];
  try {
    const code = await childExitCode(child);
    if (code !== 0) {
      throw new CommandFailure(exitCodes.failure, `the editor ended with code ${code}: nothing was sent`, {
        why: shown(editor),
      });
    }
  } finally {
    for (const end of endings) end();
  }
}

async function unchanged(context: CommandContext, text: string): Promise<string | null> {
  if (canAsk(context) && (await askYes(context, "nothing was changed; send it all the same?"))) return text;
  context.stderr.write("nothing was changed: nothing was sent\n");
  return null;
}

/** Anything but a no is a yes: the work would be lost. */
async function wantsAnotherTry(context: CommandContext, why: string): Promise<boolean> {
  if (!canAsk(context)) return false;
  const answer = await askLine(context, { question: `that is not JSON (${shown(why)}); edit again? [Y/n] ` });
  return answer.kind === "line" && !/^n(o)?$/i.test(answer.text.trim());
}
