/**
 * `switchyard flows tail`: every call once, when it has ended. It outlives the core: when another one comes, it goes on
 * with that. Filters are the core's work but for what they ask of bodies, which are fetched and searched here.
 */
import type { FlowDetailJson, FlowJson } from "../base/controls.ts";
import type { Filter } from "../base/filter/index.ts";
import type { ControlClient, ControlEvent } from "../control/client.ts";
import { ControlError } from "../control/client.ts";
import { findCore } from "../control/process.ts";
import type { CommandContext } from "./context.ts";
import { exitCodes, notRunning } from "./failure.ts";
import { type FilterArguments, filterFrom } from "./flow-filter.ts";
import { flowLine } from "./flow-line.ts";
import { fitsDetail } from "./flow-bodies.ts";

export interface TailOptions extends FilterArguments {
  readonly json: boolean;
  /** Calls that had ended before, to begin with. */
  readonly limit: number | undefined;
}

/** The figures of a call that was passed on are read from its bodies after its end; so long we wait for them. */
const graceMs = 1_500;
/** Calls that are remembered as told; a core keeps fewer. */
const maxTold = 20_000;
/** As a shell says of what SIGTERM ended. */
const terminated = 143;

export async function flowsTail(context: CommandContext, options: TailOptions): Promise<number> {
  const filter = filterFrom(options);
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  return new Promise((resolve) => {
    const tail = createTail(context, core.client, filter, options);
    const unfollow = core.client.events(
      (event) => tail.onEvent(event),
      filter.contentSearches.length > 0 ? "" : filter.text,
    );
    const end = (code: number): void => {
      unfollow();
      tail.close();
      unsubscribe();
      resolve(code);
    };
    const unsubscribe = context.onSignal(["SIGINT", "SIGTERM"], (name) =>
      end(name === "SIGINT" ? exitCodes.interrupted : terminated),
    );
    // Nobody reads any more: `| head` has what it wanted.
    context.stdout.on?.("error", () => end(exitCodes.ok));
  });
}

interface Tail {
  onEvent(event: ControlEvent): void;
  close(): void;
}

function createTail(context: CommandContext, client: ControlClient, filter: Filter, options: TailOptions): Tail {
  const told = new Set<string>();
  const waiting = new Map<string, { readonly timer: NodeJS.Timeout; readonly flow: FlowJson }>();
  let number = 0;
  let isFirst = true;
  let isLost = false;
  let isClosed = false;
  /** One after the other, in the order in which they ended. */
  let printed = Promise.resolve();

  function onEvent(event: ControlEvent): void {
    switch (event.type) {
      case "hello":
        onHello(event.flows);
        break;
      case "flow":
        onFlow(event.flow);
        break;
      case "removed":
        for (const id of event.ids) forget(id);
        break;
      case "lost":
        if (!isLost) context.stderr.write("lost the core; waiting for it to come back\n");
        isLost = true;
        break;
      case "core":
      case "status":
        break;
    }
  }

  /** The first one tells what was there before us; later ones, what we missed. */
  function onHello(flows: readonly FlowJson[]): void {
    const ended = flows.filter((flow) => flow.endedAt !== undefined);
    if (isFirst) {
      const wanted = options.limit ?? 0;
      for (const flow of ended.slice(0, ended.length - wanted)) remember(flow.id);
    }
    if (isLost) context.stderr.write("the core is back\n");
    isFirst = false;
    isLost = false;
    for (const flow of ended) onFlow(flow);
  }

  function onFlow(flow: FlowJson): void {
    if (flow.endedAt === undefined || told.has(flow.id)) return;
    forget(flow.id);
    if (!mayLearnMore(flow)) {
      tell(flow);
      return;
    }
    const timer = setTimeout(() => {
      waiting.delete(flow.id);
      tell(flow);
    }, graceMs);
    waiting.set(flow.id, { timer, flow });
  }

  function forget(id: string): void {
    clearTimeout(waiting.get(id)?.timer);
    waiting.delete(id);
  }

  function remember(id: string): void {
    told.add(id);
    if (told.size > maxTold) for (const oldest of told) return void told.delete(oldest);
  }

  function tell(flow: FlowJson): void {
    remember(flow.id);
    printed = printed.then(async () => {
      if (isClosed || !(await fits(flow)) || isClosed) return;
      number += 1;
      context.stdout.write(`${options.json ? JSON.stringify(flow) : flowLine(flow, number)}\n`);
    });
  }

  /** The core has looked at the summary already, unless there are bodies to look at. */
  async function fits(flow: FlowJson): Promise<boolean> {
    if (filter.contentSearches.length === 0) return true;
    const verdict = filter.verdict(flow, context.clock.now());
    if (verdict !== null) return verdict;
    const detail = await detailOf(flow.id);
    return detail !== null && fitsDetail(filter, detail, context.clock.now());
  }

  /** Null: it has left the log, or the core has gone. */
  async function detailOf(id: string): Promise<FlowDetailJson | null> {
    try {
      return await client.flow(id);
    } catch (error) {
      if (error instanceof ControlError) return null;
      throw error;
    }
  }

  return {
    onEvent,
    close() {
      isClosed = true;
      for (const { timer } of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}

function mayLearnMore({ action, method, status, usage }: FlowJson): boolean {
  return usage === null && action === "passthrough" && method === "POST" && status !== null && status < 300;
}
