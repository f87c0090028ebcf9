/**
 * A call as one curl command for bash or zsh that sends the same bytes again. What was masked when it was recorded is
 * a variable that its reader sets; what curl would add by itself is taken away; bodies that a terminal, an argument list
 * or a string cannot hold come through a pipe. Nothing that came off the wire is ever more than text to the shell.
 */
import type { ExportRoad } from "../../base/controls-flows.ts";
import type { HeaderPairs } from "../../base/http.ts";
import { safeLine, safeText } from "../../base/safe-text.ts";
import { addressOf, type CallPlace } from "./call.ts";
import { latin1Word, type Piece, shellWord } from "./shell-word.ts";

export interface CurlCall {
  /** A comment before the command: which call it is. */
  readonly title: string;
  readonly place: CallPlace;
  /** As recorded: credentials are masked. */
  readonly headers: HeaderPairs;
  readonly protocol: string;
  /** Decoded, secrets masked. */
  readonly body: Buffer;
  readonly isMasked: boolean;
  /** The content-encoding that was undone. */
  readonly encoding: string | null;
  readonly provider: string | null;
}

export interface CurlRoad {
  readonly via: ExportRoad;
  /** Where this core listens. */
  readonly ownUrl: string;
  readonly caPath: string;
  /** The proxy asks who is there. */
  readonly proxyAsks: boolean;
  /** The path at our gateway for this call; null: it has none. */
  readonly gatewayTarget: string | null;
}

export type CurlResult = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

/** Arguments are at most 128 KiB on Linux; above this nobody reads them anyway. */
const maxArgumentBytes = 32 * 1024;
const methodToken = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** What curl makes itself, or what belongs to the connection that carried the call. */
const notRepeated = new Set([
  "host",
  "content-length",
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authorization",
  "transfer-encoding",
  "te",
  "trailer",
  "upgrade",
  "http2-settings",
  "expect",
]);

const credentialFields = new Set(["authorization", "x-api-key", "x-goog-api-key", "api-key"]);

export function curlCommand(call: CurlCall, road: CurlRoad): CurlResult {
  if (!methodToken.test(call.place.method)) return { ok: false, why: "its method is no HTTP method" };
  if (road.via === "gateway" && road.gatewayTarget === null)
    return { ok: false, why: "the gateway serves no such path" };
  const variables = new Set<string>();
  const use = (name: string): Piece => {
    variables.add(name);
    return { variable: name };
  };
  const isOwn = road.via === "gateway" || addressOf(call.place).startsWith(`${road.ownUrl}/`);
  const credential = isOwn ? "SWITCHYARD_CLIENT_KEY" : credentialName(call);
  const hasBody = call.body.byteLength > 0;
  const words = [
    "curl -sSN --globoff --path-as-is",
    ...(call.protocol.startsWith("http/1") ? ["--http1.1"] : []),
    ...(wantsDecoding(call.headers) ? ["--compressed"] : []),
    ...roadWords(road, use),
    ...methodWords(call.place.method, hasBody),
    shellWord(addressPieces(call, road, credential, use)),
    ...headerWords(call, road, credential, use),
  ];
  const { before, option } = bodyWords(call, hasBody || /^(?:POST|PUT|PATCH)$/.test(call.place.method));
  const notes = [
    call.title,
    ...(variables.size === 0 ? [] : [`set before: ${[...variables].join(" ")}`]),
    ...(call.encoding === null || !hasBody
      ? []
      : [`its body was sent with content-encoding ${call.encoding}; here it is decoded`]),
    ...(call.isMasked ? ["secrets in its body or address are masked (•••): it is not what was sent"] : []),
  ];
  const command = `${before}${[...words, ...option].join(" \\\n  ")}`;
  return { ok: true, text: `${notes.map((note) => `# ${safeLine(note)}\n`).join("")}${command}\n` };
}

function roadWords({ via, ownUrl, caPath, proxyAsks }: CurlRoad, use: (name: string) => Piece): readonly string[] {
  if (via !== "proxy") return [];
  const [scheme = "http", address = ""] = ownUrl.split("://");
  const proxy: readonly Piece[] = proxyAsks
    ? [`${scheme}://switchyard:`, use("SWITCHYARD_PROXY_TOKEN"), `@${address}`]
    : [ownUrl];
  return [`--proxy ${shellWord(proxy)}`, `--cacert ${shellWord([caPath])}`];
}

function methodWords(method: string, hasBody: boolean): readonly string[] {
  if (method === "HEAD" && !hasBody) return ["--head"];
  return method === "GET" && !hasBody ? [] : [`-X ${shellWord([method])}`];
}

/** Masked parameters are where the credential goes again. */
function addressPieces(
  { place }: CurlCall,
  { via, ownUrl, gatewayTarget }: CurlRoad,
  credential: string,
  use: (name: string) => Piece,
): readonly Piece[] {
  const [scheme = "http", authority = ""] = ownUrl.split("://");
  const where: CallPlace =
    via === "gateway"
      ? { ...place, scheme: scheme === "https" ? "https" : "http", authority, target: gatewayTarget ?? "/" }
      : place;
  return unmasked(where.target, credential, use).map((piece, index) =>
    typeof piece !== "string" ? piece : index === 0 ? addressOf({ ...where, target: piece }) : encoded(piece),
  );
}

function encoded(target: string): string {
  return addressOf({ method: "", scheme: "http", authority: "", target }).slice("http://".length);
}

/** The mask and the last characters that it leaves. */
const mask = /•••[A-Za-z0-9._~+/=-]{0,4}/g;

function unmasked(text: string, name: string, use: (name: string) => Piece): readonly Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const found of text.matchAll(mask)) {
    pieces.push(text.slice(done, found.index), use(name));
    done = found.index + found[0].length;
  }
  return [...pieces, text.slice(done)];
}

function headerWords(
  call: CurlCall,
  road: CurlRoad,
  credential: string,
  use: (name: string) => Piece,
): readonly string[] {
  const words: string[] = [];
  const seen = new Set<string>();
  for (const [name, value] of call.headers) {
    const lower = name.toLowerCase();
    if (notRepeated.has(lower) || !methodToken.test(name)) continue;
    if (lower === "accept-encoding" && wantsDecoding(call.headers)) continue;
    if (lower === "content-encoding" && call.encoding !== null && call.body.byteLength > 0) continue;
    if (road.via === "gateway" && credentialFields.has(lower)) continue;
    seen.add(lower);
    words.push(`-H ${headerWord(name, value, credentialFields.has(lower) ? credential : variableName(name), use)}`);
  }
  if (road.via === "gateway") {
    words.push(`-H ${shellWord(["authorization: Bearer ", use(credential)])}`);
    seen.add("authorization");
  }
  // What curl says by itself and the client did not.
  const added = [
    "accept",
    "user-agent",
    ...(call.body.byteLength > 0 || call.place.method !== "GET" ? ["content-type"] : []),
  ];
  for (const name of added) if (!seen.has(name)) words.push(`-H ${shellWord([`${name}:`])}`);
  // For large bodies curl would ask first, and wait.
  if (call.body.byteLength > maxArgumentBytes) words.push("-H expect:");
  return words;
}

function headerWord(name: string, value: string, variable: string, use: (name: string) => Piece): string {
  // An empty value is asked for with a semicolon: `name:` would take the field away.
  if (value.trim() === "") return shellWord([`${name};`]);
  // Cookies are masked one by one, and set as one.
  if (name.toLowerCase() === "cookie" && value.includes("•••")) return shellWord([`${name}: `, use(variable)]);
  if (!value.includes("•••")) return latin1Word(`${name}: ${value}`);
  return shellWord([`${name}: `, ...unmasked(value, variable, use)]);
}

/** Asked for with our own words, so that curl undoes only what it can. */
function wantsDecoding(headers: HeaderPairs): boolean {
  return headers.some(([name, value]) => name.toLowerCase() === "accept-encoding" && !/^\s*identity\s*$/i.test(value));
}

function bodyWords(
  call: CurlCall,
  sendsBody: boolean,
): { readonly before: string; readonly option: readonly string[] } {
  const { body } = call;
  if (!sendsBody) return { before: "", option: [] };
  const text = body.toString("utf8");
  // NUL cannot be an argument, and what a terminal could obey or would hide does not belong on one.
  const isPlain = safeText(text) === text && Buffer.from(text).equals(body);
  if (!isPlain) {
    return { before: `printf %s ${body.toString("base64")} | base64 -d | `, option: ["--data-binary @-"] };
  }
  if (body.byteLength > maxArgumentBytes) {
    return { before: `printf %s ${shellWord([text])} | `, option: ["--data-binary @-"] };
  }
  return { before: "", option: [`--data-raw ${shellWord([text])}`] };
}

/** Hosts and what their own tools call the key. */
const knownCredentials: readonly (readonly [host: RegExp, name: string])[] = [
  [/(?:^|\.)anthropic\.com$/, "ANTHROPIC_API_KEY"],
  [/(?:^|\.)(?:openai|chatgpt)\.com$/, "OPENAI_API_KEY"],
  [/(?:^|\.)googleapis\.com$/, "GEMINI_API_KEY"],
  [/(?:^|\.)openrouter\.ai$/, "OPENROUTER_API_KEY"],
  [/(?:^|\.)githubcopilot\.com$/, "GITHUB_TOKEN"],
];

function credentialName({ place, provider }: CurlCall): string {
  const host = place.authority.replace(/:\d+$/, "").toLowerCase();
  const known = knownCredentials.find(([hosts]) => hosts.test(host));
  return known?.[1] ?? variableName(`${provider ?? host}_API_KEY`);
}

function variableName(text: string): string {
  const name = text.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
  return /^[A-Z]/.test(name) ? name : `X_${name}`;
}
