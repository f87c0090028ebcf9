/** Which lines of the log an event of the core is worth. Told again (after a lost connection), it adds nothing. */
import { own } from "../../base/json.ts";
import type { SourceEvent } from "../source.ts";
import { unreachable } from "../../base/unreachable.ts";
import { logFlow } from "./flow-log.ts";
import type { FlowBook } from "./flow-book.ts";
import type { StatusView } from "./flow-view.ts";
import type { Log, LogLine } from "./log.ts";
import { readNotice, readNotices, readText } from "./read.ts";
import type { UiState } from "./ui.ts";

/** @param before, after the UI's state around the event, which the book has taken in already */
export function logEvent(
  log: Log,
  event: SourceEvent,
  { before, after, book, now }: { before: UiState; after: UiState; book: Pick<FlowBook, "all" | "get">; now: number },
): void {
  switch (event.type) {
    case "hello": {
      for (const flow of book.all()) logFlow(log, flow, now);
      for (const notice of readNotices(event.status)) {
        log.add(lineOf(notice.at, notice.level, notice.area, notice.text), noticeKey(notice));
      }
      if (after.status !== null) logConfig(log, before.status, after.status, now);
      if (before.connection.type !== "open") log.add(lineOf(now, "info", "core", foundText(before, after)));
      return;
    }
    case "flow": {
      const id = own(event.flow, "id");
      const flow = typeof id === "string" ? book.get(id) : null;
      if (flow !== null) logFlow(log, flow, now);
      return;
    }
    case "status":
      if (after.status !== null) logConfig(log, before.status, after.status, now);
      return;
    case "lost":
      // Each further try fails too; that the core is away is news once.
      if (before.connection.type !== "lost" && after.connection.type === "lost") {
        const text = `lost the core: ${after.connection.why}`;
        log.add({ ...lineOf(now, "error", "core", text), fix: "switchyard start, in another terminal" });
      }
      return;
    case "core":
      return logCore(log, event.event, now);
    case "removed":
      return;
    default:
      return unreachable(event);
  }
}

function lineOf(at: number, level: LogLine["level"], area: string, text: string): Omit<LogLine, "id"> {
  return { at, level, area, text, fix: null, flowId: null };
}

function foundText(before: UiState, { status }: UiState): string {
  const where = status === null ? "" : ` on ${status.host}:${status.port ?? "?"}`;
  return before.connection.type === "lost" ? `the core is back${where}` : `connected to the core${where}`;
}

const configFix = "switchyard config validate says where; the last good configuration stays in force";

/** Only what was not known: every status carries it. */
function logConfig(log: Log, before: StatusView | null, { config }: StatusView, now: number): void {
  if (config.error !== null && config.error !== before?.config.error) {
    const line = lineOf(now, "error", "config", `${config.path} is not in force: ${config.error}`);
    log.add({ ...line, fix: configFix });
  }
  const known = before?.config.warnings ?? [];
  for (const warning of config.warnings) {
    if (!known.includes(warning)) log.add(lineOf(now, "warn", "config", warning));
  }
}

function logCore(log: Log, event: unknown, now: number): void {
  const stamped = own(event, "at");
  const at = typeof stamped === "number" && Number.isFinite(stamped) ? stamped : now;
  const host = readText(event, "host");
  const fix = readText(event, "fix") || null;
  switch (own(event, "type")) {
    case "config-reloaded":
      return log.add(lineOf(at, "info", "config", `configuration reloaded from ${readText(event, "path")}`));
    case "config-rejected": {
      const error = readText(event, "message");
      const line = lineOf(at, "error", "config", `${readText(event, "path")} is not in force: ${error}`);
      return log.add({ ...line, fix: configFix });
    }
    case "certificate-refused": {
      const text = readText(event, "message") || `a client refused our certificate for ${host}`;
      return log.add({ ...lineOf(at, "error", "tls", text), fix }, `refused:${host}:${at}`);
    }
    case "out-of-scope": {
      const text = `${host} is outside the certificate authority's scope and was tunnelled`;
      return log.add({ ...lineOf(at, "warn", "tls", text), fix }, `scope:${host}:${at}`);
    }
    case "notice": {
      const { level } = readNotice(event);
      const notice = { at, level, area: readText(event, "area"), text: readText(event, "text") };
      return log.add(lineOf(at, level, notice.area, notice.text), noticeKey(notice));
    }
    default:
      return;
  }
}

/** The status carries them with a time of its own, to the millisecond or nearly. */
function noticeKey({ at, area, text }: { readonly at: number; readonly area: string; readonly text: string }): string {
  return `notice:${Math.round(at / 1_000)}:${area}:${text}`;
}
