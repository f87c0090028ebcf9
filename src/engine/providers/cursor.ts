/**
 * Cursor: an agent service that takes HTTP/2 only, at hosts of its own beside the main API (facts of 2026-11).
 *
 * We say who we are and imitate no other program. Two things the service may want besides, and only their owner can give
 * them: the ids of the machine that the editor's login was read on (the checksum header is made of those or not at all),
 * and the version of a client that it still serves (`client_version` of the provider; without it the header is not sent).
 */
import type { HeaderPairs } from "../../base/http.ts";
import type { Credential } from "../accounts/credential.ts";
import type { ProviderConfig } from "../config/schema.ts";
import { uuidOf } from "../hub/own-ids.ts";
import { checksum } from "./cursor-checksum.ts";
import { originOf, under } from "./origin.ts";
import type { AuthorizeOptions, Origin, Provider } from "./provider.ts";

const mainHost = "api2.cursor.sh";
/** Where the agent answers: with privacy mode on, and off. The editor is told both by `GetServerConfig`. */
const privateAgentHost = "agent.api5.cursor.sh";
const openAgentHost = /^agentn\./;

/**
 * The address of the agent behind a configured one: the main API stands for the host that keeps nothing; any other address
 * is its user's word.
 */
export function agentUrl(configured: URL): URL {
  if (configured.hostname !== mainHost) return configured;
  const url = new URL(configured);
  url.hostname = privateAgentHost;
  return url;
}

/**
 * The models of an account, as its menus show them: a call of the main API, in Connect's JSON over HTTP/1.1. A configured
 * address that is an agent host of the service's own stands for that API.
 */
export function cursorModelList(configured: URL): {
  readonly target: string;
  readonly headers: HeaderPairs;
  readonly body: string;
  readonly origin: Origin;
} {
  const url = new URL(configured);
  if (isAgentHost(url.hostname)) url.hostname = mainHost;
  return {
    target: "/aiserver.v1.AiService/AvailableModels",
    headers: [["connect-protocol-version", "1"]],
    body: JSON.stringify({ doNotUseMarkdown: true }),
    origin: originOf(url),
  };
}

const isAgentHost = under("api5.cursor.sh");

export function cursorParts(url: URL, config: ProviderConfig) {
  return {
    format: "cursor",
    over: "h2",
    version: null,
    authorize: (credential, options) => authorizeCursor(credential, url, config.clientVersion, options),
    // A client's own run is a conversation with its backend; it is read and led anew.
    takesAsIs: () => false,
  } as const satisfies Partial<Provider> & { readonly version: null };
}

function authorizeCursor(
  credential: Credential,
  url: URL,
  clientVersion: string | undefined,
  options: AuthorizeOptions | undefined,
): HeaderPairs {
  const token = bareToken(credential.secret.reveal());
  const { machine } = credential;
  const ids = machine === undefined ? null : { machine: machine.id.reveal(), mac: machine.mac?.reveal() ?? null };
  return [
    ["authorization", `Bearer ${token}`],
    // `false` belongs to the host for accounts without privacy mode; whoever says nothing gets the careful word.
    ["x-ghost-mode", openAgentHost.test(url.hostname) ? "false" : "true"],
    ["x-session-id", uuidOf("session", token)],
    ...(clientVersion === undefined ? [] : [["x-cursor-client-version", clientVersion] as const]),
    ...(ids === null || options === undefined
      ? []
      : [["x-cursor-checksum", checksum(options.clock.now(), ids)] as const]),
  ];
}

/** Cookies hold `user_…::<token>`, the colons perhaps escaped; people paste them so. */
function bareToken(said: string): string {
  return said.replace(/^user_[A-Za-z0-9]+(?:::|%3A%3A)/i, "");
}
