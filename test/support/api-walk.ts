/** A walk over documented operations: for each, what is asked of a real core and which status that is to have. */
import { request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { resolvePaths } from "../../src/base/paths.ts";
import type { Answer, Api, AskOptions } from "./api.ts";
import type { ApiDocument, Operation } from "./api-document.ts";
import { within } from "./wait.ts";

/** The path as it is asked, query included, the status it is to have, and what else the request has. */
export type Step = readonly [path: string, status: number, options?: AskOptions];

export interface Walk {
  /** Asks, and throws where the answer is not as documented or has another status. Resolves with the answer. */
  ask(key: string, ...step: Step): Promise<Answer>;
  /** The same on the port, with the client key. */
  askPort(key: string, ...step: Step): Promise<Answer>;
}

export function createWalk(api: () => Api, document: ApiDocument): Walk {
  const held = (key: string, path: string, status: number, answer: Answer): Answer => {
    const problems = document.problems(key, answer);
    if (problems.length > 0) throw new Error(`${path}:\n${problems.join("\n")}\n${answer.text.slice(0, 2_000)}`);
    if (answer.status !== status) throw new Error(`${key} ${path}: ${answer.status}, not ${status}: ${answer.text}`);
    return answer;
  };
  const methodOf = (key: string): string => key.split(" ")[0] ?? "GET";
  return {
    ask: async (key, path, status, options) =>
      held(key, path, status, await api().socket(path, { method: methodOf(key), ...options })),
    askPort: async (key, path, status, options) =>
      held(key, path, status, await api().keyed(path, { method: methodOf(key), ...options })),
  };
}

/** The path with something in the place of each parameter. */
export function filled({ path }: Operation): string {
  return path.replaceAll(/\{(\w+)\}/g, "some-$1");
}

/** Headers without which it would be another operation, as the document's examples have them. */
export function filledHeaders({ parameters }: Operation): Readonly<Record<string, string>> {
  return Object.fromEntries(
    parameters.flatMap(({ name, in: place, example }) =>
      place === "header" && example !== undefined ? [[name, example] as const] : [],
    ),
  );
}

export interface OpenAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: () => string;
  readonly close: () => void;
}

/** For answers on the control socket that go on until somebody hangs up. */
export function openOn(home: string, path: string): Promise<OpenAnswer> {
  const { controlSocket: socketPath } = resolvePaths({ SWITCHYARD_HOME: home });
  const opened = new Promise<OpenAnswer>((resolve, reject) => {
    const asked = request({ socketPath, path, headers: { host: "switchyard" }, agent: false });
    asked.on("error", reject);
    asked.on("response", (reply) => {
      let text = "";
      reply.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      reply.on("error", () => asked.destroy());
      const { statusCode: status = 0, headers } = reply;
      resolve({ status, headers, text: () => text, close: () => void asked.destroy() });
    });
    asked.end();
  });
  return within(`an answer to ${path}`, opened, 20_000);
}

/**
 * Which of the three walks an operation belongs to. Logins need services that log in; model calls and what only the port
 * has need providers of every dialect; the rest is asked of the control API's own bench.
 */
export function walkOf({ tag, surfaces, path }: Operation): "control" | "logins" | "gateway" {
  if (tag === "logins" || path.endsWith("/refresh")) return "logins";
  return surfaces.includes("socket") ? "control" : "gateway";
}
