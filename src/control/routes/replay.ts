/** A call made again: as a flow of its own, whose id is the answer. */
import * as v from "valibot";
import type { HeaderPairs } from "../../base/http.ts";
import { isRecord } from "../../base/json.ts";
import { ReplayRefused, type ReplayWish } from "../../base/replay.ts";
import { type RefusalArguments, refusalCodes } from "../refusal-codes.ts";
import { ControlRefusal, type ControlRoutes, socketRoute } from "../route.ts";
import { replayWish } from "../schemas/replay.ts";
import type { Plain } from "../schemas/shape.ts";
import { flag, text } from "../schemas/words.ts";

/** The largest body that a provider takes, as JSON inside JSON at its worst. */
export const maxReplayBodyBytes = 72 * 1024 * 1024;

/** Those whose body may be as large. */
export function isReplayPath(path: string): boolean {
  return /^\/api\/flows\/[^/]+\/replay$/.test(path);
}

export const replayRoutes = {
  "POST /api/flows/:id/replay": socketRoute({
    tag: "flows",
    summary: "Make a call again, as a flow of its own",
    description:
      "By the rules of now, or at another target. Stored accounts pay for it: what the client's own login was is masked.",
    parameters: { id: "The flow's id." },
    query: { wait: v.exactOptional(flag("Answer when the call has ended, and end it when the asker goes away.")) },
    body: v.optional(replayWish, {}),
    reply: v.pipe(v.strictObject({ id: text("The new flow's id.") }), v.description("The call that was made.")),
    refusals: ["no-such-flow", "live", "tunnel", "websocket", "body", "call", "login", "target", "blocked", "stopping"],
    changes: true,
  }).handle(async ({ query, parameters, body, outgoing }, { replays }) => {
    const waits = query.wait === true;
    const gone = new AbortController();
    if (waits) outgoing.once("close", () => gone.abort());
    try {
      const { id, ended } = await replays.begin(parameters.id, wishFrom(body), gone.signal);
      if (waits) await ended;
      return { id };
    } catch (error) {
      if (!(error instanceof ReplayRefused)) throw error;
      throw refusalOf(error, parameters.id);
    }
  }),
} satisfies ControlRoutes;

/** The code is told with the status that belongs to it. */
function refusalOf(error: ReplayRefused, id: string): ControlRefusal {
  const next = nextFor(error, id) ?? null;
  const { code, message } = error;
  const row: readonly unknown[] = [refusalCodes[code].status, code, message, { next }];
  return new ControlRefusal(...(row as RefusalArguments)); // status and code are of one row of the table
}

function nextFor({ code, provider }: ReplayRefused, id: string): string | undefined {
  switch (code) {
    case "login":
      return (
        `switchyard replay ${id} --via PROVIDER/MODEL` +
        (provider === undefined ? "" : `   (or: switchyard accounts add ${provider})`)
      );
    case "target":
      return "switchyard models list";
    case "blocked":
      return "switchyard routes list";
    case "no-such-flow":
    case "tunnel":
    case "websocket":
    case "live":
    case "call":
      return "switchyard flows list";
    case "body":
    case "stopping":
      return undefined;
  }
}

function wishFrom({ body, headers, ...names }: Plain<v.InferOutput<typeof replayWish>>): ReplayWish {
  return {
    ...names,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(headers === undefined ? {} : { headers: headersFrom(headers) }),
  };
}

const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// Line feeds and other control characters would end the field.
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

function headersFrom(value: unknown): HeaderPairs {
  const pairs: unknown[] = Array.isArray(value) ? value : isRecord(value) ? Object.entries(value) : [null];
  return pairs.map((pair) => {
    const [name, text, ...more]: unknown[] = Array.isArray(pair) ? pair : [];
    const isField =
      typeof name === "string" && fieldName.test(name) && typeof text === "string" && fieldValue.test(text);
    if (!isField || more.length > 0)
      throw invalid('"headers" is an object of names and texts, or a list of such pairs');
    return [name, text];
  });
}

function invalid(message: string): ControlRefusal {
  return new ControlRefusal(400, "invalid", message);
}
