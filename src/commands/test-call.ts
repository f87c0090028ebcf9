/** `switchyard routes test`, `switchyard models test`: one tiny call through the gateway, and who answered it. */
import { request } from "node:http";
import type { FlowJson } from "../base/controls.ts";
import { own, parseJson } from "../base/json.ts";
import { runAuthorization } from "../base/launch-env.ts";
import { dollarText } from "../base/figure-text.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { ensureCore, type LeasedCore } from "./ensure-core.ts";
import { exitCodes } from "./failure.ts";
import { confirm } from "./prompt.ts";

export interface TestOptions {
  readonly json: boolean;
  readonly yes: boolean;
  /** As it was typed, for what to type next. */
  readonly command: string;
}

/** Providers refuse to answer in fewer. */
const maxTokens = 16;
/** A thinking model may take a while for its first word. */
const replyTimeoutMs = 120_000;
const maxReplyBytes = 1024 * 1024;
/** The flow's end is written down a moment after the reply's. */
const settleMs = 2_000;

/** Exit code 7 when no provider answered, 2 when none is there for the name. */
export async function testCall(context: CommandContext, model: string, options: TestOptions): Promise<number> {
  const question = `Send one call for ${shown(model)}? It spends a few tokens.`;
  const yes = await confirm(context, {
    ...options,
    question,
    command: `switchyard ${options.command} ${shown(model)}`,
  });
  if (!yes) {
    context.stderr.write("nothing was sent\n");
    return exitCodes.failure;
  }
  const core = await ensureCore(context, { keep: false });
  try {
    const run = context.random.bytes(6).toString("hex");
    const reply = await ask(core, model, run);
    const flow = await flowOf(context, core, run);
    const ok = reply.status === 200;
    const answer = {
      ok,
      model,
      provider: flow?.provider ?? null,
      served: flow?.model.served ?? null,
      account: flow?.account ?? null,
      status: reply.status,
      text: ok ? textOf(reply.body) : null,
      usage: flow?.usage ?? null,
      costUsd: flow?.costUsd ?? null,
      totalMs: flow?.timings.totalMs ?? null,
      attempts: flow?.attempts ?? [],
      flow: flow?.id ?? null,
      error: ok ? null : errorOf(reply.body),
    };
    if (options.json) printJson(context, answer);
    else printLines(context.stdout, answerLines(answer));
    if (ok) return exitCodes.ok;
    return answer.attempts.length === 0 ? exitCodes.usage : exitCodes.upstream;
  } finally {
    core.release();
  }
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

async function ask(core: LeasedCore, model: string, run: string): Promise<Reply> {
  const { url, clientKey } = await core.client.secrets();
  const body = JSON.stringify({
    model,
    max_tokens: maxTokens,
    messages: [{ role: "user", content: "Reply with the word OK." }],
  });
  return new Promise((resolve, reject) => {
    const call = request(`${url}/v1/chat/completions`, {
      method: "POST",
      agent: false,
      headers: {
        authorization: `Bearer ${clientKey}`,
        "proxy-authorization": runAuthorization(run),
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      },
    });
    call.setTimeout(replyTimeoutMs, () => call.destroy(new Error("nobody answered in two minutes")));
    call.once("error", reject);
    call.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        if (text.length < maxReplyBytes) text += piece;
      });
      response.once("error", reject);
      response.once("end", () => {
        const parsed = parseJson(text);
        resolve({ status: response.statusCode ?? 0, body: parsed.ok ? parsed.value : text });
      });
    });
    call.end(body);
  });
}

/** The log's own account of the call; null when it is too busy to have kept it. */
async function flowOf(context: CommandContext, core: LeasedCore, run: string): Promise<FlowJson | null> {
  const deadline = context.clock.monotonic() + settleMs;
  for (;;) {
    const { flows } = await core.client.flows(200);
    const found = flows.find((flow) => flow.run === run);
    if (found?.endedAt !== undefined || context.clock.monotonic() > deadline) return found ?? null;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function answerLines(answer: {
  readonly ok: boolean;
  readonly model: string;
  readonly provider: string | null;
  readonly served: string | null;
  readonly account: string | null;
  readonly status: number;
  readonly text: string | null;
  readonly usage: FlowJson["usage"];
  readonly costUsd: number | null;
  readonly totalMs: number | null;
  readonly attempts: FlowJson["attempts"];
  readonly flow: string | null;
  readonly error: string | null;
}): readonly string[] {
  const who = `${shown(answer.provider)}/${shown(answer.served)}`;
  const lines = answer.ok
    ? [`${who} answered "${shown(answer.text)}"`]
    : [`nobody answered for ${shown(answer.model)} (${answer.status}): ${shown(answer.error)}`];
  const facts = [
    answer.account === null ? null : `account ${shown(answer.account)}`,
    answer.totalMs === null ? null : `${Math.round(answer.totalMs)} ms`,
    answer.usage === null ? null : `${answer.usage.input} tokens in, ${answer.usage.output} out`,
    answer.costUsd === null ? null : `cost ~${dollarText(answer.costUsd)}`,
  ].filter((fact) => fact !== null);
  if (facts.length > 0) lines.push(`  ${facts.join(", ")}`);
  if (answer.attempts.length > 1 || (!answer.ok && answer.attempts.length > 0)) {
    for (const { provider, account, model, status, error } of answer.attempts) {
      const where = `${shown(provider)}/${shown(model)} with ${shown(account)}`;
      lines.push(`  tried ${where}: ${shown(status)}${error === undefined ? "" : ` ${shown(error)}`}`);
    }
  }
  if (answer.flow !== null) lines.push(`  why: switchyard routes explain ${shown(answer.flow)}`);
  return lines;
}

function textOf(body: unknown): string {
  const choices = own(body, "choices");
  const content = own(own(Array.isArray(choices) ? choices[0] : undefined, "message"), "content");
  return typeof content === "string" ? content.trim().slice(0, 200) : "";
}

function errorOf(body: unknown): string {
  const message = own(own(body, "error"), "message");
  return (typeof message === "string" ? message : JSON.stringify(body)).slice(0, 500);
}
