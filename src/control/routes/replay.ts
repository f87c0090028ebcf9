/** A call made again: as a flow of its own, whose id is the answer. */
import { clientIds, type ClientId } from "../../base/flow.ts";
import type { HeaderPairs } from "../../base/http.ts";
import { isRecord } from "../../base/json.ts";
import { ReplayRefused, type ReplayRefusalCode, type ReplayWish } from "../../base/replay.ts";
import { ControlRefusal, type ControlRoutes } from "../route.ts";

/** The largest body that a provider takes, as JSON inside JSON at its worst. */
export const maxReplayBodyBytes = 72 * 1024 * 1024;

/** Those whose body may be as large. */
export function isReplayPath(path: string): boolean {
  return /^\/api\/flows\/[^/]+\/replay$/.test(path);
}

export const replayRoutes = {
  /** `?wait=1`: answered when the call has ended, and ended at once when the asker goes away. */
  "POST /api/flows/:id/replay": async ({ url, parameters, body, outgoing }, { replays }) => {
    const wish = wishFrom(body);
    const waits = ["1", "true"].includes(url.searchParams.get("wait") ?? "");
    const gone = new AbortController();
    if (waits) outgoing.once("close", () => gone.abort());
    try {
      const { id, ended } = await replays.begin(parameters["id"] ?? "", wish, gone.signal);
      if (waits) await ended;
      return { id };
    } catch (error) {
      if (!(error instanceof ReplayRefused)) throw error;
      throw new ControlRefusal(
        statuses[error.code],
        error.code,
        error.message,
        nextFor(error, parameters["id"] ?? "ID"),
      );
    }
  },
} satisfies ControlRoutes;

const statuses = {
  "no-such-flow": 404,
  live: 409,
  tunnel: 409,
  websocket: 409,
  body: 409,
  call: 409,
  login: 409,
  target: 400,
  blocked: 403,
  stopping: 503,
} as const satisfies Record<ReplayRefusalCode, number>;

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

const known: ReadonlySet<string> = new Set(["via", "model", "client", "body", "headers"]);

function wishFrom(body: unknown): ReplayWish {
  if (body === undefined) return {};
  if (!isRecord(body)) throw invalid("the body is an object");
  const strange = Object.keys(body).find((key) => !known.has(key));
  if (strange !== undefined) throw invalid(`"${strange}" is not known here; it takes ${[...known].join(", ")}`);
  const { via, model, client, headers } = body;
  return {
    ...named("via", via),
    ...named("model", model),
    ...(client === undefined ? {} : { client: clientFrom(client) }),
    ...(body["body"] === undefined ? {} : { body: bodyFrom(body["body"]) }),
    ...(headers === undefined ? {} : { headers: headersFrom(headers) }),
  };
}

function named(key: "via" | "model", value: unknown): ReplayWish {
  if (value === undefined) return {};
  if (typeof value !== "string" || value.trim() === "") throw invalid(`"${key}" is a name`);
  return { [key]: value };
}

function clientFrom(value: unknown): ClientId {
  const client = clientIds.find((id) => id === value);
  if (client === undefined) throw invalid(`"client" is one of ${clientIds.join(", ")}`);
  return client;
}

function bodyFrom(value: unknown): string {
  if (typeof value === "string") return value;
  if (isRecord(value)) return JSON.stringify(value);
  throw invalid('"body" is a JSON object, or its text');
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
