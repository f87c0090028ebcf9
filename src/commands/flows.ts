/** `switchyard flows list|show`: what went by, from the running core's memory. */
import type { BodyJson, FlowDetailJson, FlowJson } from "../base/controls.ts";
import { safeText } from "../base/safe-text.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, printJson, printLines, shown, tableLines } from "./context.ts";
import { exitCodes, notRunning } from "./failure.ts";
import { type FilterArguments, filterFrom } from "./flow-filter.ts";

export interface FlowsOptions extends FilterArguments {
  readonly json: boolean;
  readonly limit: number | undefined;
}

/** One JSON array, or a table; oldest first, so that the newest is where the prompt is. */
export async function flowsList(context: CommandContext, options: FlowsOptions): Promise<number> {
  const filter = filterFrom(options);
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  const { limit } = options;
  const flows = await core.client.findFlows({ filter: filter.text, ...(limit === undefined ? {} : { limit }) });
  if (options.json) printJson(context, flows);
  else if (flows.length > 0) printLines(context.stdout, flowTable(flows));
  else context.stderr.write(nothingText(core.status.counts.flows));
  return exitCodes.ok;
}

/** Why a list is empty. */
export function nothingText(flowsInLog: number): string {
  return flowsInLog > 0 ? "no call fits\n" : "no calls yet; try: switchyard run -- claude\n";
}

export async function flowsShow(
  context: CommandContext,
  id: string,
  options: { readonly json: boolean },
): Promise<number> {
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  const flow = await core.client.flow(id);
  if (options.json) printJson(context, flow);
  else printLines(context.stdout, flowLines(flow));
  return exitCodes.ok;
}

export function flowTable(flows: readonly FlowJson[]): readonly string[] {
  const head = ["ID", "TIME", "CLIENT", "REQUEST", "STATUS", "ACTION", "MODEL", "TOKENS", "MS"];
  return tableLines(
    head,
    flows.map((flow) => [
      flow.id,
      flow.startedAt.slice(11, 19),
      flow.client,
      shown(`${flow.method} ${flow.host}${withoutQuery(flow.path)}`),
      flow.state === "done" ? shown(flow.status) : `${shown(flow.status)} ${flow.state}`,
      flow.action,
      modelText(flow),
      flow.usage === null ? "-" : `${flow.usage.input}/${flow.usage.output}`,
      flow.timings.totalMs === null ? "-" : String(Math.round(flow.timings.totalMs)),
    ]),
  );
}

function flowLines(flow: FlowDetailJson): string[] {
  const timings = Object.entries(flow.timings).filter(([, value]) => value !== null);
  const lines = [
    ...flowTable([flow]),
    "",
    `formats   ${shown(flow.formats.client)} → ${shown(flow.formats.upstream)}   provider ${shown(flow.provider)}   account ${shown(flow.account)}`,
    `timings   ${timings.map(([name, value]) => `${name} ${Number(value).toFixed(1)}`).join("  ")}`,
  ];
  if (flow.costUsd !== undefined || flow.session !== undefined) {
    const cost = flow.costUsd === undefined ? "" : `   cost ~$${flow.costUsd.toFixed(4)}`;
    lines.push(`session   ${shown(flow.session)}${cost}`);
  }
  if (flow.error !== undefined) lines.push(`error     ${shown(flow.error)}`);
  for (const step of flow.why) lines.push(`why       ${shown(step.stage)}: ${shown(step.text)}`);
  for (const loss of flow.losses) lines.push(`lost      ${shown(loss)}`);
  for (const [name, side] of Object.entries(flow.sides)) {
    lines.push("", `── ${name} ──`, shown(side.line));
    for (const [header, value] of side.headers) lines.push(`${shown(header)}: ${shown(value)}`);
    lines.push("", ...bodyLines(side.body));
  }
  return lines;
}

function bodyLines(body: BodyJson): string[] {
  const notes = [`${body.bytes} bytes`];
  if (body.encoding !== null) notes.push(`was ${shown(body.encoding)}`);
  if (body.truncated) notes.push("not all of it is shown");
  if (body.decodeError !== undefined) notes.push(`cannot be decoded: ${shown(body.decodeError)}`);
  if (body.text === undefined && body.decoded !== undefined) {
    return [safeText(body.decoded.text.trimEnd()), `(${notes.join(", ")}, binary: decoded)`];
  }
  if (body.text === undefined) return [`(${notes.join(", ")}, binary: see --json)`];
  return [safeText(body.text), `(${notes.join(", ")})`];
}

function modelText(flow: FlowJson): string {
  const { asked, served } = flow.model;
  if (asked === null) return "-";
  return served === null || served === asked ? shown(asked) : `${shown(asked)} → ${shown(served)}`;
}

function withoutQuery(path: string): string {
  return path.split("?", 1)[0] ?? path;
}
