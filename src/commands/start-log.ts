/** The log of a core in the foreground: a line on stderr for every call that has ended, and for every warning. */
import type { FlowJson } from "../base/controls.ts";
import { connectControl, type ControlEvent } from "../control/client.ts";
import { type CommandContext, shown } from "./context.ts";

export type LogForm = "line" | "json";

/** Reads what the core tells everybody who listens; returns what ends that. */
export function followLog(context: CommandContext, form: LogForm): () => void {
  const client = connectControl(context.paths);
  const write = (line: string, document: object): void =>
    void context.stderr.write(form === "json" ? `${JSON.stringify(document)}\n` : `${line}\n`);
  return client.events((event: ControlEvent) => {
    if (event.type === "flow" && event.flow.endedAt !== undefined) {
      write(flowLine(event.flow), { type: "flow", flow: event.flow });
    }
    if (event.type === "core" && event.event.type === "notice") {
      const { level, area, text, at } = event.event;
      const instant = new Date(at).toISOString();
      write(`${instant.slice(11, 19)} ${level}: ${shown(area)}: ${shown(text)}`, {
        type: "notice",
        at: instant,
        level,
        area,
        text,
      });
    }
  });
}

function flowLine({
  startedAt,
  client,
  method,
  host,
  path,
  status,
  state,
  action,
  model,
  provider,
  timings,
}: FlowJson): string {
  const what = model.asked === null ? "" : ` ${shown(model.asked)}`;
  const served = action === "reroute" ? ` → ${shown(provider)}/${shown(model.served)}` : "";
  const ended = state === "done" ? "" : ` ${state}`;
  const took = timings.totalMs === null ? "" : ` ${Math.round(timings.totalMs)} ms`;
  const where = shown(`${host}${path.split("?", 1)[0] ?? ""}`);
  return `${startedAt.slice(11, 19)} ${shown(client)} ${shown(method)} ${where} ${shown(status)}${ended} ${action}${what}${served}${took}`;
}
