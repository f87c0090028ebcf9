/** What an event of the core does to the book and to the UI's state. */
import { own } from "../../base/json.ts";
import type { SourceEvent } from "../source.ts";
import { unreachable } from "../../base/unreachable.ts";
import { coolingAfter } from "./cooling.ts";
import type { FlowBook } from "./flow-book.ts";
import type { FlowView } from "./flow-view.ts";
import { readFlow, readNewestNotice, readNotice, readStatus, readText } from "./read.ts";
import type { Notice, UiState } from "./ui.ts";

export function ingest(ui: UiState, book: FlowBook, event: SourceEvent, now: number): UiState {
  switch (event.type) {
    case "hello":
      book.clear();
      for (const flow of event.flows) addFlow(book, flow);
      let cooling: UiState["cooling"] = null;
      for (const flow of book.all()) cooling = coolingAfter(cooling, flow);
      if (ui.paused) book.freeze(true);
      return {
        ...ui,
        connection: { type: "open" },
        status: readStatus(event.status),
        cooling,
        notice: newerNotice(ui.notice, readNewestNotice(event.status)),
        marked: new Set([...ui.marked].filter((id) => book.get(id) !== null)),
      };
    case "flow": {
      const flow = addFlow(book, event.flow);
      const cooling = flow === null ? ui.cooling : coolingAfter(ui.cooling, flow);
      return cooling === ui.cooling ? ui : { ...ui, cooling };
    }
    case "removed":
      book.remove(event.ids.filter((id) => typeof id === "string"));
      return ui.marked.size === 0
        ? ui
        : { ...ui, marked: new Set([...ui.marked].filter((id) => book.get(id) !== null)) };
    case "core":
      return ingestCore(ui, book, event.event, now);
    case "status":
      return { ...ui, status: readStatus(event.status) };
    case "lost": {
      const since = ui.connection.type === "lost" ? ui.connection.since : now;
      const why = readText({ why: event.why }, "why");
      return { ...ui, connection: { type: "lost", why, since, retryAt: now + event.retryInMs } };
    }
    default:
      return unreachable(event);
  }
}

/** What a status carries is not told again over something newer, as it would be after a lost connection. */
function newerNotice(shown: Notice | null, carried: Notice | null): Notice | null {
  return carried !== null && (shown === null || carried.at >= shown.at) ? carried : shown;
}

function addFlow(book: FlowBook, value: unknown): FlowView | null {
  const id = own(value, "id");
  return typeof id === "string" && id !== "" ? book.upsert(id, (number) => readFlow(value, number)) : null;
}

function ingestCore(ui: UiState, book: FlowBook, event: unknown, now: number): UiState {
  const type = own(event, "type");
  const stamped = own(event, "at");
  const at = typeof stamped === "number" ? stamped : now;
  const { status } = ui;
  switch (type) {
    case "config-rejected": {
      const error = readText(event, "message");
      return status === null ? ui : { ...ui, status: { ...status, config: { ...status.config, error } } };
    }
    case "config-reloaded": {
      const text = `configuration reloaded from ${readText(event, "path")}`;
      const reloaded = status === null ? null : { ...status, config: { ...status.config, exists: true, error: null } };
      return { ...ui, status: reloaded, notice: { level: "info", text, at } };
    }
    case "certificate-refused": {
      const host = readText(event, "host");
      const fix = readText(event, "fix");
      addRefusal(book, event, host, fix, at);
      const text = `a client refused our certificate for ${host}.  fix: ${fix}`;
      return { ...ui, notice: { level: "warn", text, at } };
    }
    case "out-of-scope": {
      const text = `${readText(event, "host")} is outside the certificate authority's scope and was tunnelled.  ${readText(event, "fix")}`;
      return { ...ui, notice: { level: "warn", text, at } };
    }
    case "notice":
      return { ...ui, notice: { ...readNotice(event), at } };
    default:
      return ui;
  }
}

/** One row per host, counted: a client that retries must not bury everything else. */
function addRefusal(book: FlowBook, event: unknown, host: string, fix: string, at: number): void {
  book.upsert(
    `refused:${host}`,
    (number, known): FlowView => ({
      id: `refused:${host}`,
      number,
      startedAt: at,
      endedAt: at,
      client: "unknown",
      host,
      method: "",
      path: "",
      protocol: "",
      status: null,
      state: "failed",
      action: "passthrough",
      formats: { client: null, upstream: null },
      model: { asked: null, served: null },
      provider: null,
      account: null,
      combo: null,
      session: null,
      attempts: [],
      why: [],
      usage: null,
      costUsd: null,
      timings: { connectMs: null, tlsMs: null, translateMs: null, ttfbMs: null, firstTokenMs: null, totalMs: null },
      losses: [],
      error: null,
      refusal: {
        count: (known?.refusal?.count ?? 0) + 1,
        cause: readText(event, "cause"),
        message: readText(event, "message"),
        fix,
      },
    }),
  );
}
