/** A flow's answer in words: what the model said, and the figures beside it. */
import type { FlowDetailJson } from "../base/controls.ts";
import { safeText } from "../base/safe-text.ts";
import { formatIds, readReply, type ReadableReply } from "../engine/translate/index.ts";
import { countText, dollarText } from "../base/figure-text.ts";
import { shown } from "./context.ts";
import { unifiedDiff } from "./line-diff.ts";

/** What the client got, one line each. Bodies that are no model's answer are shown as they are. */
export function answerLines(flow: FlowDetailJson): readonly string[] {
  const body = flow.sides["client-reply"]?.body;
  if (body === undefined) return [];
  if (body.bytes === 0) return [];
  const format = formatIds.find((id) => id === flow.formats.client);
  const bytes = body.text === undefined ? Buffer.from(body.base64 ?? "", "base64") : Buffer.from(body.text);
  const reply = format === undefined ? null : readReply(format, bytes);
  const text = body.text ?? body.decoded?.text;
  if (reply === null && text === undefined) return [`(${body.bytes} bytes, binary: see --json)`];
  const lines = reply === null ? linesOf((text ?? "").trimEnd()) : partLines(reply);
  return body.truncated && reply?.error == null ? [...lines, "(not all of it was kept)"] : lines;
}

function partLines({ parts, error }: ReadableReply): readonly string[] {
  const lines = parts.flatMap(({ kind, name, text }) => {
    switch (kind) {
      case "text":
        return linesOf(text);
      case "tool-call":
        return linesOf(`tool call: ${name ?? "?"} ${text}`);
      case "thinking":
      case "refusal":
      case "image":
        return linesOf(`${kind}: ${text}`);
      case "other":
        return linesOf(`${name ?? "part"}: ${text}`);
    }
  });
  return error === null ? lines : [...lines, ...linesOf(`error: ${error}`)];
}

function linesOf(text: string): readonly string[] {
  return safeText(text).split("\n");
}

/** What is compared of two answers: no ids, no times, nothing that differs each time. */
function comparedLines(flow: FlowDetailJson): readonly string[] {
  return [`status ${statusText(flow)}`, ...answerLines(flow), `tokens ${tokensText(flow)}`];
}

/** As `diff -u`. */
export function diffLines(before: FlowDetailJson, after: FlowDetailJson): readonly string[] {
  const head = (mark: string, flow: FlowDetailJson): string =>
    `${mark} ${shown(flow.id)}\t${flow.startedAt}\t${servedText(flow)}`;
  const changes = unifiedDiff(comparedLines(before), comparedLines(after));
  const same = changes.length === 0 ? ["(the same status, answer and tokens)"] : changes;
  return [head("---", before), head("+++", after), ...same];
}

export function figureLines(flow: FlowDetailJson, of: string): readonly string[] {
  const { totalMs } = flow.timings;
  return [
    `status  ${statusText(flow)}`,
    `from    ${servedText(flow)}`,
    `tokens  ${tokensText(flow)}`,
    `cost    ${flow.costUsd === undefined ? "-" : `~${dollarText(flow.costUsd)}`}`,
    `time    ${totalMs === null ? "-" : `${Math.round(totalMs)} ms`}`,
    `flow    ${shown(flow.id)}, replay of ${shown(of)}`,
  ];
}

export function statusText({ status, state }: FlowDetailJson): string {
  return `${shown(status)} ${state}`;
}

function servedText({ provider, account, model, host, action }: FlowDetailJson): string {
  if (provider === null && action !== "passthrough") return "nobody";
  const name = model.served ?? model.asked;
  const who = shown(provider ?? host);
  return `${who}${account === null ? "" : ` (${shown(account)})`}${name === null ? "" : ` ${shown(name)}`}`;
}

function tokensText({ usage }: FlowDetailJson): string {
  if (usage === null) return "-";
  const { input, output, cacheRead, cacheWrite, reasoning, estimated } = usage;
  const of = (parts: readonly (readonly [number, string])[]): string => {
    const told = parts.flatMap(([count, word]) => (count === 0 ? [] : [`${countText(count)} ${word}`]));
    return told.length === 0 ? "" : ` (${told.join(", ")})`;
  };
  const mark = estimated ? "~" : "";
  const cached = of([
    [cacheRead, "cached"],
    [cacheWrite, "cache write"],
  ]);
  return `${mark}${countText(input)} in${cached}, ${mark}${countText(output)} out${of([[reasoning, "reasoning"]])}`;
}
