/** `switchyard flows grep`: where a text stands in the bodies of calls. */
import type { FlowDetailJson } from "../base/controls.ts";
import { allOf, filterOf, type TextMatch } from "../base/filter/index.ts";
import { readPattern } from "../base/filter/pattern.ts";
import { ControlError, type ControlClient } from "../control/client.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, printJson, printLines } from "./context.ts";
import { CommandFailure, exitCodes, notRunning } from "./failure.ts";
import { placesIn } from "./flow-bodies.ts";
import { type FilterArguments, filterFrom } from "./flow-filter.ts";
import { nothingText } from "./flows.ts";

export interface GrepOptions extends FilterArguments {
  readonly json: boolean;
  /** Calls at most, the newest. */
  readonly limit: number | undefined;
  /** The text is a pattern. */
  readonly regex: boolean;
}

/** Places told of one body. */
const placesPerSide = 3;

export async function flowsGrep(context: CommandContext, text: string, options: GrepOptions): Promise<number> {
  const match = matchFrom(text, options.regex);
  const filter = filterOf(allOf([filterFrom(options).expression, { type: "content", key: "body", match }]));
  const core = await findCore(context.paths);
  if (core === null) throw notRunning();
  const { limit } = options;
  const flows = await core.client.findFlows({ filter: filter.text, ...(limit === undefined ? {} : { limit }) });
  const all: unknown[] = [];
  for (const { id } of flows) {
    const flow = await detailOf(core.client, id);
    if (flow === null) continue;
    for (const { side, places, more } of placesIn(flow, match, placesPerSide)) {
      if (options.json) all.push(...places);
      else {
        const lines = places.map((place) => `${id} ${side} ${place.line}:${place.column}: ${place.text}`);
        printLines(context.stdout, more > 0 ? [...lines, `${id} ${side} and ${more} more`] : lines);
      }
    }
  }
  if (options.json) printJson(context, all);
  else if (flows.length === 0) context.stderr.write(nothingText(core.status.counts.flows));
  return exitCodes.ok;
}

function matchFrom(text: string, isPattern: boolean): TextMatch {
  if (text === "") throw new CommandFailure(exitCodes.usage, "the text to look for is empty");
  if (!isPattern) return { how: "contains", text };
  const read = readPattern(text);
  if (read.ok) return { how: "pattern", text };
  throw new CommandFailure(exitCodes.usage, "the pattern cannot be read", { why: read.message });
}

/** Null: it has left the log in the meantime. */
async function detailOf(client: ControlClient, id: string): Promise<FlowDetailJson | null> {
  try {
    return await client.flow(id);
  } catch (error) {
    if (error instanceof ControlError && error.code === "no-such-flow") return null;
    throw error;
  }
}
