/** The log of a core in the foreground: a line on stderr for every call that has ended, and for every warning. */
import type { FlowJson } from "../base/controls.ts";
import { connectControl, type ControlEvent } from "../control/client.ts";
import { type CommandContext, shown } from "./context.ts";

export type LogForm = "line" | "json";

/** The core ends the stream when it stops; this is for one that could not. */
const endWaitMs = 1_000;

/** As many flows as the core itself remembers. */
const maxRemembered = 1_000;

/** Reads what the core tells everybody who listens. Ended once the core has stopped, it first reads what was told before. */
export function followLog(context: CommandContext, form: LogForm): () => Promise<void> {
  const client = connectControl(context.paths);
  let markLost = (): void => {};
  const lost = new Promise<void>((resolve) => {
    markLost = resolve;
  });
  const write = (line: string, document: object): void =>
    void context.stderr.write(form === "json" ? `${JSON.stringify(document)}\n` : `${line}\n`);
  const logged = new Set<string>();
  const onFlow = (flow: FlowJson): void => {
    // What is found out by reading the bodies is told after the end, as the same flow once more.
    if (flow.endedAt === undefined || logged.has(flow.id)) return;
    logged.add(flow.id);
    const oldest = logged.values().next();
    if (logged.size > maxRemembered && oldest.done !== true) logged.delete(oldest.value);
    write(flowLine(flow), { type: "flow", flow });
  };
  const stop = client.events((event: ControlEvent) => {
    if (event.type === "lost") markLost();
    // What ended before we were heard.
    if (event.type === "hello") event.flows.forEach(onFlow);
    if (event.type === "flow") onFlow(event.flow);
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
  return async () => {
    const given = setTimeout(markLost, endWaitMs);
    await lost;
    clearTimeout(given);
    stop();
  };
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
