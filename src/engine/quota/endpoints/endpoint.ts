/**
 * What an address that tells an account's quota is made of: how it is asked, and how its answer is read. Addresses are
 * made from the provider's configured endpoint, never from anything a reply says.
 */
import type { HeaderPairs } from "../../../base/http.ts";
import { parseJson } from "../../../base/json.ts";
import type { Credential } from "../../accounts/credential.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { classify } from "../../formats/classify.ts";
import { recordField, textField } from "../../formats/fields.ts";
import { epochMs, instantMs, plainNumber } from "../../formats/times.ts";
import type { QuotaWindow } from "../quota.ts";

/** Where a provider is, from its configuration. */
export interface QuotaPlace {
  readonly endpoint: URL;
  /** Google Cloud project the configuration names. */
  readonly project: string | null;
}

export interface QuotaRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: HeaderPairs;
  readonly body: string | null;
}

export interface QuotaReply {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly text: string;
}

export interface QuotaFigures {
  readonly windows: readonly QuotaWindow[];
  readonly plan: string | null;
}

export type QuotaRead =
  | { readonly ok: true; readonly figures: QuotaFigures }
  | { readonly ok: false; readonly error: EngineError };

export interface QuotaEndpoint {
  /** Null: this credential cannot ask there; `unasked` says why. */
  request(credential: Credential, place: QuotaPlace): QuotaRequest | null;
  /** For people. */
  readonly unasked: string;
  /** False: renewing the credential does not help against its refusal. Absent: it does. */
  readonly isRenewable?: boolean;
  read(reply: QuotaReply, now: number): QuotaRead;
  /** A second address that is worth asking where the first one said too little. */
  readonly more?: (figures: QuotaFigures) => QuotaEndpoint | null;
}

export const bearer = ({ secret }: Credential): readonly [string, string] => [
  "authorization",
  `Bearer ${secret.reveal()}`,
];

/** `url` with another path; its own query goes. */
export function at(url: URL, path: string, query: Readonly<Record<string, string>> = {}): URL {
  const there = new URL(path, url.origin);
  for (const [name, value] of Object.entries(query)) there.searchParams.set(name, value);
  return there;
}

/**
 * Reads an answer in JSON. What an error's body says is judged but never repeated: a provider may quote the credential
 * it was shown. `figuresOf` gives null for JSON that is no usage report.
 */
export function readReport(
  name: string,
  { status, headers, text }: QuotaReply,
  now: number,
  figuresOf: (report: unknown, now: number) => QuotaFigures | null,
): QuotaRead {
  const parsed = parseJson(text);
  const report = parsed.ok ? parsed.value : undefined;
  if (status !== 200) return { ok: false, error: refused(name, { status, headers, text }, report, now) };
  const figures = parsed.ok ? figuresOf(report, now) : null;
  if (figures !== null) return { ok: true, figures };
  const what = parsed.ok ? "JSON that is no usage report" : text.trimStart().startsWith("<") ? "a web page" : "no JSON";
  const message = `${name}'s usage address answered with ${what}; check the endpoint of this provider in config.yaml`;
  return { ok: false, error: { kind: "protocol", message, status } };
}

function refused(name: string, { status, headers, text }: QuotaReply, report: unknown, now: number): EngineError {
  const inner = recordField(report, "error") ?? report;
  const codes = [textField(inner, "code"), textField(inner, "type"), textField(inner, "status")].flatMap(
    (code) => code ?? [],
  );
  const said = textField(inner, "message") ?? text.slice(0, maxJudgedChars);
  const { kind, retryAfterMs } = classify({ status, headers, codes, message: said, body: report, now });
  return {
    kind,
    message: `${name}'s usage address answered ${status}: ${adviceOf(status)}`,
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

const maxJudgedChars = 2_000;

function adviceOf(status: number): string {
  if (status === 401) return "it does not accept this credential; log in to this account again";
  if (status === 403) return "this credential may not ask for usage; its figures come with its replies alone";
  if (status === 429) return "it is asked too often, and will be left alone for a while";
  if (status === 404) return "there is nothing there; check the endpoint of this provider in config.yaml";
  if (status >= 300 && status < 400) return "it points elsewhere, and credentials do not follow";
  return status >= 500 ? "it has trouble of its own and is asked again later" : "it does not understand the question";
}

/** ISO, or a Unix time in seconds or milliseconds, as number or text. */
export function timeField(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) && value > 0 ? epochMs(value) : null;
  if (typeof value !== "string") return null;
  const count = plainNumber(value);
  return count === null ? instantMs(value) : count > 0 ? epochMs(count) : null;
}

/** A number, also where it is written as text. */
export function amountField(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  return typeof value === "string" ? plainNumber(value) : null;
}
