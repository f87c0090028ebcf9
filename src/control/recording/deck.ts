/**
 * The calls of a recording, and which of them answers a request. `strict`: the same method, address and body. `loose`: the
 * same method and path, and the next one that was not played yet.
 */
import { own, parseJson } from "../../base/json.ts";
import { bytesOf, type RecordedCall } from "./format.ts";
import { bodyDifference } from "./same-body.ts";

export interface DeckOptions {
  readonly match: "strict" | "loose";
  /** When all that fit were played they begin again. */
  readonly loop: boolean;
}

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly body: Buffer;
}

export type Picked =
  | { readonly kind: "call"; readonly call: RecordedCall /** 1-based. */; readonly number: number }
  /** Why not, and which one comes nearest. */
  | { readonly kind: "none"; readonly why: string };

export interface Deck {
  pick(asked: Asked): Picked;
  /** Every call was played at least once. */
  isPlayed(): boolean;
}

interface Card {
  readonly call: RecordedCall;
  readonly number: number;
  readonly path: string;
  readonly query: string;
  readonly body: Buffer;
  played: number;
}

export function createDeck(calls: readonly RecordedCall[], { match, loop }: DeckOptions): Deck {
  const cards = calls.map((call, index): Card => {
    const { path, query } = addressOf(call.request.path);
    return { call, number: index + 1, path, query, body: bytesOf(call.request.body), played: 0 };
  });

  /** Null: it fits; else what does not, in words. */
  function misfit(card: Card, asked: Asked): string | null {
    const { path, query } = addressOf(asked.target);
    if (card.path !== path || card.call.request.method !== asked.method) return "another address";
    if (match === "loose") return null;
    if (card.query !== query) return "its query";
    if (!card.call.request.complete) return "its body, of which not all was kept";
    return bodyDifference(card.body, asked.body);
  }

  return {
    pick(asked) {
      const fitting = cards.filter((card) => misfit(card, asked) === null);
      const least = Math.min(...fitting.map(({ played }) => played));
      const next = fitting.find(({ played }) => played === least);
      if (next !== undefined && (next.played === 0 || loop)) {
        next.played += 1;
        return { kind: "call", call: next.call, number: next.number };
      }
      return { kind: "none", why: next === undefined ? nobody(asked) : allPlayed(asked, fitting) };
    },
    isPlayed: () => cards.every(({ played }) => played > 0),
  };

  function nobody(asked: Asked): string {
    const said = `no recorded call fits ${describe(asked.method, asked.target, modelOf(asked.body))}`;
    const near = nearest(cards, asked);
    if (near === null) return `${said}: there is none in the recording`;
    const { method, path } = near.call.request;
    const what = describe(method, path, modelOf(near.body));
    const difference = misfit(near, asked) ?? "";
    const differs = difference === "another address" ? "" : `, which differs in ${difference}`;
    const hint = differs === "" ? "" : "; with --match loose the next call of this path answers, whatever it asks";
    return `${said}: the nearest is call ${near.number} of ${cards.length}, ${what}${differs}${hint}`;
  }

  function allPlayed(asked: Asked, fitting: readonly Card[]): string {
    const numbers = fitting.map(({ number }) => number);
    const shown = numbers.length > 5 ? `${numbers.slice(0, 5).join(", ")} …` : numbers.join(", ");
    const calls = numbers.length === 1 ? `call ${shown}, the one that fits` : `the calls that fit (${shown})`;
    const what = describe(asked.method, asked.target, modelOf(asked.body));
    return `${calls} ${what}, ${numbers.length === 1 ? "was" : "were"} played already; with --loop they begin again`;
  }
}

function describe(method: string, target: string, model: string | null): string {
  const path = target.split("?", 1)[0] ?? "";
  return `${method} ${path}${model === null ? "" : ` (${model})`}`;
}

/** Where the dialect names it in the body; elsewhere the path says it. */
function modelOf(body: Buffer): string | null {
  const parsed = parseJson(body.toString("utf8"));
  const model = parsed.ok ? own(parsed.value, "model") : undefined;
  return typeof model === "string" && model !== "" ? model : null;
}

/** Parameters that are credentials, or were masked, say nothing about the call. */
const credentials: ReadonlySet<string> = new Set(["key", "api_key", "api-key", "access_token", "token"]);

function addressOf(target: string): { readonly path: string; readonly query: string } {
  const [path = "", ...rest] = target.split("?");
  const kept = new URLSearchParams(
    [...new URLSearchParams(rest.join("?"))].filter(
      ([name, value]) => !credentials.has(name.toLowerCase()) && !/•••|\*{3}/.test(value),
    ),
  );
  kept.sort();
  return { path, query: kept.toString() };
}

/** By the path first, then by what the body asks for. */
function nearest(cards: readonly Card[], asked: Asked): Card | null {
  const { path } = addressOf(asked.target);
  const model = modelOf(asked.body);
  const score = (card: Card): number =>
    (card.path === path ? 1_000 : commonEnd(card.path, path)) +
    (card.call.request.method === asked.method ? 100 : 0) +
    (model !== null && modelOf(card.body) === model ? 50 : 0) +
    // Of a conversation the turn that is as far as this one.
    (card.played === 0 ? 10 : 0) -
    Math.min(9, Math.abs(card.body.byteLength - asked.body.byteLength) / 1_000);
  return cards.reduce<Card | null>((best, card) => (best === null || score(card) > score(best) ? card : best), null);
}

/** Servers put a prefix before what is the same everywhere: `/v1/messages`, `/anthropic/v1/messages`. */
function commonEnd(left: string, right: string): number {
  let length = 0;
  while (length < left.length && length < right.length && left.at(-1 - length) === right.at(-1 - length)) length += 1;
  return Math.min(length, 99);
}
