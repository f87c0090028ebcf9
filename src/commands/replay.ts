/** `switchyard replay ID…`: calls made again, as flows of their own, and what came of them. */
import { open } from "node:fs/promises";
import type { FlowDetailJson } from "../base/controls.ts";
import { clientIds } from "../base/flow.ts";
import type { ReplayWish } from "../base/replay.ts";
import { type ControlClient, ControlError } from "../control/client.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, jsonLine, shown } from "./context.ts";
import { requireWord } from "./engine-access.ts";
import { asFailure, CommandFailure, exitCodes, failureJson, failureText, notRunning } from "./failure.ts";
import { editedBody } from "./replay-edit.ts";
import { answerLines, diffLines, figureLines, statusText } from "./replay-text.ts";

export interface ReplayOptions {
  readonly via: string | undefined;
  readonly model: string | undefined;
  readonly asClient: string | undefined;
  readonly edit: boolean;
  readonly diff: boolean;
  readonly json: boolean;
  /** What would be on stdout goes into this file. */
  readonly output: string | undefined;
}

/** One after the other; a failed one does not keep the rest from being made. */
export async function replay(context: CommandContext, ids: readonly string[], options: ReplayOptions): Promise<number> {
  const client = options.asClient === undefined ? undefined : await requireWord("client", options.asClient, clientIds);
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  const { via, model } = options;
  const wish: ReplayWish = {
    ...(via === undefined ? {} : { via }),
    ...(model === undefined ? {} : { model }),
    ...(client === undefined ? {} : { client }),
  };
  const made: FlowDetailJson[] = [];
  const pieces: string[] = [];
  let exitCode: number = exitCodes.ok;
  for (const id of ids) {
    try {
      const one = await again(context, core.client, id, { ...options, wish });
      if (one === "interrupted") return exitCodes.interrupted;
      if (one === "nothing") continue;
      made.push(one.after);
      pieces.push(textOf(one, options));
      failIfFailed(one.after);
    } catch (error) {
      const failure = asReplayFailure(error, id);
      // Alone, its failure is the command's own.
      if (ids.length === 1 && made.length === 0) throw failure;
      exitCode ||= failure.exitCode;
      context.stderr.write(options.json ? failureJson(failure) : failureText(failure));
    }
  }
  if (made.length > 0) {
    const text = options.json ? jsonText(context, made, ids.length) : pieces.join("\n");
    if (options.output === undefined) context.stdout.write(text);
    else await writePrivate(options.output, text);
  }
  return exitCode;
}

/** A plain file becomes its owner's alone; a device or a pipe stays what it is. */
async function writePrivate(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    if ((await file.stat()).isFile()) await file.chmod(0o600);
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

interface Made {
  readonly id: string;
  /** Null where nobody wants to compare. */
  readonly before: FlowDetailJson | null;
  readonly after: FlowDetailJson;
}

async function again(
  context: CommandContext,
  client: ControlClient,
  id: string,
  { edit, diff, wish }: ReplayOptions & { readonly wish: ReplayWish },
): Promise<Made | "nothing" | "interrupted"> {
  const before = edit || diff ? await client.flow(id) : null;
  const body = edit && before !== null ? await editedBody(context, before) : undefined;
  if (body === null) return "nothing";
  const stop = new AbortController();
  const unsubscribe = context.onSignal(["SIGINT", "SIGTERM", "SIGHUP"], () => stop.abort());
  try {
    const replayed = await client.replay(id, body === undefined ? wish : { ...wish, body }, stop.signal);
    return { id, before: diff ? before : null, after: await client.flow(replayed.id) };
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    context.stderr.write("given up: the provider's answer is not waited for, and its connection was closed\n");
    return "interrupted";
  } finally {
    unsubscribe();
  }
}

function textOf({ id, before, after }: Made, { diff, json }: ReplayOptions): string {
  if (json) return "";
  const lines = diff && before !== null ? diffLines(before, after) : answerLines(after);
  return `${[...lines, "", ...figureLines(after, id)].join("\n")}\n`;
}

/** One document: of several calls a list. */
function jsonText(context: CommandContext, made: readonly FlowDetailJson[], asked: number): string {
  return jsonLine(context, asked === 1 ? made[0] : made);
}

/** Kinds of errors whose cure is an account. */
const accountKinds: ReadonlySet<string> = new Set([
  "auth",
  "account-disabled",
  "account-warned",
  "permission",
  "billing",
  "no-account",
]);

function failIfFailed(flow: FlowDetailJson): void {
  if (flow.state === "done" && flow.status !== null && flow.status < 400) return;
  const last = flow.why.findLast((step) => step.stage === "error" && typeof step["kind"] === "string");
  const kind = String(last?.["kind"] ?? "");
  const isAccount = accountKinds.has(kind);
  const code = isAccount ? exitCodes.account : flow.attempts.length > 0 ? exitCodes.upstream : exitCodes.failure;
  throw new CommandFailure(code, `the replay was answered ${statusText(flow)}`, {
    why: shown(flow.error ?? last?.text ?? flow.attempts.at(-1)?.error ?? "see its flow"),
    next: isAccount ? "switchyard accounts list" : `switchyard flows show ${flow.id}`,
  });
}

/** The core's refusals, with the exit code that says whose business they are. */
function asReplayFailure(error: unknown, id: string): CommandFailure {
  const failure = asFailure(error);
  const isRefusal = error instanceof ControlError && error.kind === "failed" && error.code !== "no-such-flow";
  if (!isRefusal) return failure;
  const code = error.code === "login" ? exitCodes.account : error.code === "target" ? exitCodes.usage : null;
  const { message, next } = failure;
  return new CommandFailure(code ?? failure.exitCode, `flow ${shown(id)} cannot be replayed`, {
    why: shown(message),
    ...(next === undefined ? {} : { next: shown(next) }),
  });
}
