/** `switchyard flows show ID --stages`: what became of a translated request, one row a line. */
import type { FlowStagesJson, StageChange, StageRowJson } from "../base/controls-stages.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { exitCodes, notRunning } from "./failure.ts";

const marks = { same: " ", changed: "~", added: "+", dropped: "-" } as const satisfies Record<StageChange, string>;

export async function flowsStages(
  context: CommandContext,
  id: string,
  options: { readonly json: boolean },
): Promise<number> {
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  const stages = await core.client.stages(id);
  if (options.json) printJson(context, stages);
  else printLines(context.stdout, stageLines(stages));
  return exitCodes.ok;
}

function stageLines({ client, hub, upstream, rows, losses, gains, problem }: FlowStagesJson): readonly string[] {
  if (problem !== null) return [`nothing to compare: ${shown(problem)}`];
  const named = (names: readonly string[]): string => (names.length === 0 ? "none" : shown(names.join(", ")));
  return [
    `client    ${shown(client.format)}   ${client.bytes} bytes`,
    `hub       ${hub.bytes} bytes`,
    `upstream  ${shown(upstream.format)}   ${upstream.bytes} bytes`,
    "",
    "What changed in the hub, what upstream (~ changed, + added, - dropped); client | hub | upstream:",
    ...rows.map(rowLine),
    "",
    `losses    ${named(losses)}`,
    `gains     ${named(gains)}`,
  ];
}

function rowLine({ label, depth, client, hub, upstream, change }: StageRowJson): string {
  const cells = [client, hub, upstream];
  const told = cells.every((cell) => cell === null) ? [label] : cells.map((cell) => cell ?? "-");
  return `${marks[change.hub]}${marks[change.upstream]} ${"  ".repeat(depth)}${told.map(shown).join(" | ")}`.trimEnd();
}
