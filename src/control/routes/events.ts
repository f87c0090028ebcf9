/**
 * The live stream (server-sent events): `hello` with everything needed to begin and the core events a newcomer should
 * know of, then `flow`, `removed` (by hand), `core` and (when the configuration changed) `status` as they come.
 * A reader with a filter hears of the flows that fit it, each time they change and fit.
 * A reader that does not keep up is cut off; it reconnects and gets a fresh hello, so nothing is lost but time.
 */
import type { ServerResponse } from "node:http";
import type { CoreStatus } from "../../base/controls.ts";
import type { Clock } from "../../base/clock.ts";
import type { StampedEvent } from "../../base/events.ts";
import type { CompiledFilter } from "../../base/filter/index.ts";
import type { FlowRecord } from "../../base/flow.ts";
import { flowJson } from "../flow-json.ts";
import { answered, type ControlServerDeps, type EventHub } from "../route.ts";

/** A reader that is this far behind has stopped reading. A hello of 200 flows is about 200 kB. */
const maxReaderBacklogBytes = 2 * 1024 * 1024;
/** Flows in a hello; older ones are a GET away. */
const helloFlows = 200;
/** Keeps half-dead connections from looking alive. */
const pingIntervalMs = 15_000;

/** Core events that a screen opened later still has to show: a refused certificate explains an empty list. */
const maxRemembered = 50;

export interface EventHubDeps extends Pick<ControlServerDeps, "flowLog" | "events" | "redactor"> {
  readonly status: () => CoreStatus;
  readonly clock: Clock;
}

export function createEventHub(deps: EventHubDeps): EventHub {
  const readers = new Map<ServerResponse, CompiledFilter | null>();
  const endings: (() => void)[] = [];
  const remembered: StampedEvent[] = [];

  const forget = deps.events.subscribe((event: StampedEvent) => {
    if (!concernsNewcomers(event)) return;
    remembered.push(event);
    if (remembered.length > maxRemembered) remembered.shift();
  });

  function onCore(event: StampedEvent): void {
    broadcast(eventText("core", event));
    if (event.type === "config-reloaded" || event.type === "config-rejected") {
      broadcast(eventText("status", deps.status()));
    }
  }

  /** One rendering for all readers. */
  function broadcast(text: string): void {
    for (const reader of readers.keys()) send(reader, text);
  }

  function send(reader: ServerResponse, text: string): void {
    if (reader.writableLength > maxReaderBacklogBytes) {
      readers.delete(reader);
      reader.destroy();
    } else reader.write(text);
  }

  function onFlows(flows: readonly FlowRecord[]): void {
    const texts = flows.map((flow) => eventText("flow", flowJson(flow, deps.redactor)));
    const whole = texts.join("");
    for (const [reader, filter] of readers) {
      const text = filter === null ? whole : texts.filter((_, index) => fits(filter, flows[index])).join("");
      if (text !== "") send(reader, text);
    }
  }

  function fits(filter: CompiledFilter, flow: FlowRecord | undefined): boolean {
    return flow !== undefined && filter.verdict(flow, deps.clock.now()) === true;
  }

  /** The newest that fit, oldest first. */
  function opening(filter: CompiledFilter | null): readonly FlowRecord[] {
    if (filter === null) return deps.flowLog.list(helloFlows);
    const flows: FlowRecord[] = [];
    for (const flow of deps.flowLog.newest() ?? []) {
      const record = flow.record();
      if (fits(filter, record)) flows.unshift(record);
      if (flows.length === helloFlows) break;
    }
    return flows;
  }

  /** Nobody looks, nothing is rendered: the sources are followed while there is a reader. */
  function follow(): void {
    const ping = setInterval(() => broadcast(": ping\n\n"), pingIntervalMs);
    ping.unref();
    endings.push(
      deps.flowLog.subscribe(onFlows),
      deps.flowLog.onRemoved((ids) => broadcast(eventText("removed", { ids }))),
      deps.events.subscribe(onCore),
      () => clearInterval(ping),
    );
  }

  function unfollow(): void {
    for (const end of endings.splice(0)) end();
  }

  return {
    attach(incoming, outgoing, status, filter = null) {
      outgoing.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      if (readers.size === 0) follow();
      readers.set(outgoing, filter);
      outgoing.once("close", () => {
        readers.delete(outgoing);
        if (readers.size === 0) unfollow();
      });
      incoming.resume();
      const flows = opening(filter).map((flow) => flowJson(flow, deps.redactor));
      send(outgoing, eventText("hello", { status, flows }));
      for (const event of remembered) send(outgoing, eventText("core", event));
      return answered;
    },
    close() {
      forget();
      unfollow();
      for (const reader of readers.keys()) reader.end();
      readers.clear();
    },
  };
}

function concernsNewcomers(event: StampedEvent): boolean {
  if (event.type === "notice") return event.level !== "info";
  return event.type === "certificate-refused" || event.type === "out-of-scope";
}

/** JSON has no raw line feeds, so one `data:` line holds it. */
function eventText(name: string, value: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
}
