/** `switchyard flows list|show`: what went by, from the running core's memory. */
import type { BodyJson, FlowDetailJson, FlowJson } from "../base/controls.ts";
import { safeText } from "../base/safe-text.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, printJson, printLines, shown, tableLines } from "./context.ts";
import { exitCodes, notRunning } from "./failure.ts";

export interface FlowsOptions {
  readonly json: boolean;
  readonly limit: number | undefined;
  readonly client: string | undefined;
  readonly host: string | undefined;
  readonly status: string | undefined;
  readonly action: string | undefined;
}

/** One JSON array, or a table; oldest first, so that the newest is where the prompt is. */
export async function flowsList(context: CommandContext, options: FlowsOptions): Promise<number> {
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  const { flows } = await core.client.flows();
  const wanted = flows.filter((flow) => fits(flow, options)).slice(options.limit === undefined ? 0 : -options.limit);
  if (options.json) printJson(context, wanted);
  else if (wanted.length > 0) printLines(context.stdout, flowTable(wanted));
  else context.stderr.write(flows.length > 0 ? "no call fits\n" : "no calls yet; try: switchyard run -- claude\n");
  return exitCodes.ok;
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
  if (body.text === undefined) return [`(${notes.join(", ")}, binary: see --json)`];
  return [safeText(body.text), `(${notes.join(", ")})`];
}

function fits(flow: FlowJson, options: FlowsOptions): boolean {
  return (
    (options.client === undefined || flow.client === options.client) &&
    (options.host === undefined || flow.host === options.host || flow.host.endsWith(`.${options.host}`)) &&
    (options.action === undefined || flow.action === options.action) &&
    (options.status === undefined || statusFits(flow.status, options.status))
  );
}

/** `429`, or a whole class as `5xx`. */
function statusFits(status: number | null, wanted: string): boolean {
  const text = status === null ? "" : String(status);
  return wanted.endsWith("xx") ? text.length === 3 && text[0] === wanted[0] : text === wanted;
}

function modelText(flow: FlowJson): string {
  const { asked, served } = flow.model;
  if (asked === null) return "-";
  return served === null || served === asked ? shown(asked) : `${shown(asked)} → ${shown(served)}`;
}

function withoutQuery(path: string): string {
  return path.split("?", 1)[0] ?? path;
}
