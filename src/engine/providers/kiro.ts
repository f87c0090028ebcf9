/**
 * Kiro: one service at several addresses, and each wants to be asked in a way of its own (facts of 2026-11). A login is
 * good in the region of its profile, which is not the region it was made in. We say who we are, and make up no editor's
 * name and no machine id: no source says that the service needs them.
 */
import type { HeaderPairs } from "../../base/http.ts";
import { parseJson } from "../../base/json.ts";
import type { Credential, LoginFacts } from "../accounts/credential.ts";
import { textField } from "../formats/fields.ts";
import type { JsonObject } from "../formats/format.ts";
import { bearer } from "./bearer.ts";
import { originOf } from "./origin.ts";
import type { Origin, Provider } from "./provider.ts";

/** Where nobody configured anything else. A user's own endpoint is the only address that is asked. */
export const kiroEndpoint = "https://q.us-east-1.amazonaws.com";
const defaultRegion = "us-east-1";

/** `arn:aws:codewhisperer:REGION:ACCOUNT:profile/NAME`; the region a login was made in says nothing of where its models are. */
export function kiroRegion({ profileArn }: LoginFacts): string {
  const region = profileArn?.split(":")[3] ?? "";
  return /^[a-z]{2}(-[a-z]+)+-\d$/.test(region) ? region : defaultRegion;
}

export function kiroOrigins(configured: URL, facts: LoginFacts): readonly [Origin, ...Origin[]] | null {
  if (configured.href !== new URL(kiroEndpoint).href) return null;
  const region = kiroRegion(facts);
  const at = (host: string): Origin => originOf(new URL(`https://${host}`));
  return [
    at(`q.${region}.amazonaws.com`),
    // The one address of the older service; what belongs to another region stays in that region.
    ...(region === defaultRegion ? [at(`codewhisperer.${defaultRegion}.amazonaws.com`)] : []),
    // Keys, Identity Center and company logins are answered 403 there.
    ...(isPersonal(facts) ? [at(`runtime.${region}.kiro.dev`)] : []),
  ];
}

function isPersonal({ authMethod = "", identity = "" }: LoginFacts): boolean {
  return /^(social|google|github|builder-?id)$/i.test(authMethod) || /^builder-?id$/i.test(identity);
}

const isRuntime = (host: string): boolean => /^runtime\.[a-z0-9-]+\.kiro\.dev$/.test(host);
const isCodeWhisperer = (host: string): boolean => /^codewhisperer\.[a-z0-9-]+\.amazonaws\.com$/.test(host);
const isAmazonQ = (host: string): boolean => /^q\.[a-z0-9-]+\.amazonaws\.com$/.test(host);

const restPath = "/generateAssistantResponse";
const operation = "GenerateAssistantResponse";

/** How the operation is named: by the path, or in a header. */
interface CallForm {
  readonly path: string;
  readonly headers: readonly (readonly [string, string | null])[];
}

const byPath = (target: string | null): CallForm => ({
  path: restPath,
  headers: [
    ["content-type", "application/json"],
    ["x-amz-target", target],
  ],
});

const byTarget = (service: string): CallForm => ({
  path: "/",
  headers: [
    ["content-type", "application/x-amz-json-1.0"],
    ["x-amz-target", `${service}.${operation}`],
  ],
});

/** Null: an address we know nothing of gets the call as it is. */
function formAt(host: string, callPath: string): CallForm | null {
  const path = callPath.split("?")[0] ?? "";
  if (path !== restPath && path !== "/") return null;
  const wantsTarget = path === "/";
  // Its older form has answered 400 to everything since September 2026.
  if (isRuntime(host)) return byTarget("KiroRuntimeService");
  if (isCodeWhisperer(host)) {
    const service = "AmazonCodeWhispererStreamingService";
    return wantsTarget ? byTarget(service) : byPath(`${service}.${operation}`);
  }
  if (isAmazonQ(host)) return wantsTarget ? byTarget("AmazonCodeWhispererStreamingService") : byPath(null);
  return null;
}

export const kiroParts = {
  format: "kiro",
  authorize: (credential: Credential): HeaderPairs => [...bearer(credential), ...tokenType(credential)],
  pathAt: (callPath: string, { host }: Origin): string => formAt(host, callPath)?.path ?? callPath,
  originHeaders: ({ host }: Origin, callPath: string, tried: number): CallForm["headers"] => [
    ...(formAt(host, callPath)?.headers ?? []),
    // The call keeps its id, which the writer gave it or the client has, and counts on.
    ...(tried === 0 ? [] : ([["amz-sdk-request", `attempt=${tried + 1}; max=3`]] as const)),
  ],
  goesElsewhere,
} as const satisfies Partial<Provider> & { readonly pathAt: (callPath: string, origin: Origin) => string };

/** What is different for the owner of one login: a client's own profile goes with its own token only. */
export function kiroForLogin({ profileArn }: LoginFacts): Partial<Provider> {
  return profileArn === undefined ? { amendBody: withoutProfile } : { ownFields: { profileArn } };
}

function withoutProfile(body: JsonObject): JsonObject {
  if (!Object.hasOwn(body, "profileArn")) return body;
  const { profileArn: _profile, ...rest } = body;
  return rest;
}

/** Logins of AWS and of Google or GitHub are refused with the header, the others without it. */
function tokenType({ kind, facts }: Credential): HeaderPairs {
  if (kind === "key") return [["tokentype", "API_KEY"]];
  const isExternal = [facts.authMethod, facts.identity].some((word) => /^external[_-]?idp$/i.test(word ?? ""));
  return isExternal ? [["tokentype", "EXTERNAL_IDP"]] : [];
}

/** Not "no", but "not here": what is wrong with the request, with its owner's account or its plan is so everywhere. */
function goesElsewhere(status: number, body: Uint8Array): boolean {
  const parsed = parseJson(Buffer.from(body).toString("utf8"));
  const said = parsed.ok ? parsed.value : undefined;
  if (status === 404) return true;
  // A reason speaks of the account (suspended, not entitled); without one it is the token and this address.
  if (status === 401 || status === 403) return (textField(said, "reason") ?? "") === "";
  const message = textField(said, "message") ?? textField(said, "Message") ?? "";
  return status === 400 && /profileArn is required for this request|invalid arn/i.test(message);
}
