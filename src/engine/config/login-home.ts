/**
 * Where a login may go: to the service it belongs to and nowhere else. An API key is its owner's to send where they like;
 * the token of a login opens a whole account, so an endpoint that was moved gets none.
 */
import { builtInProviders, defaultEndpoints } from "../providers/table.ts";
import { isLoopback } from "./endpoint.ts";
import { clientLogins, type ClientLogin, type ProviderConfig, type ProviderType } from "./schema.ts";

/** Whose login a program keeps, as a row of the registry. */
export const clientRows = {
  "claude-code": "claude",
  codex: "codex",
  "gemini-cli": "gemini-cli",
  "qwen-code": "qwen",
  copilot: "copilot",
  kiro: "kiro",
  cursor: "cursor",
  iflow: "iflow",
} as const satisfies Record<ClientLogin, string>;

/** The program whose login this provider would take; null where there is none. */
export function clientFor(provider: ProviderConfig): ClientLogin | null {
  return clientLogins.find((client) => typeOf(clientRows[client]) === provider.type) ?? null;
}

/** What is wrong with this program's login at this provider; null when nothing is. */
export function clientProblem(client: ClientLogin, provider: ProviderConfig): string | null {
  const row = clientRows[client];
  return provider.type === typeOf(row) ? null : `the login of ${client} is good for provider ${row} only`;
}

/**
 * What is wrong with sending a login to this provider's addresses; null when nothing is.
 * @param client whose login it is; null: one of our own
 */
export function homeProblem(
  provider: ProviderConfig,
  origin: string | null,
  client: ClientLogin | null,
): string | null {
  const row = client === null ? origin : clientRows[client];
  const known = row === null ? homesOfType(provider.type) : homesOfRow(row);
  const strange = [provider.endpoint, ...provider.moreEndpoints]
    .map((endpoint) => new URL(endpoint).hostname)
    .find((host) => !isLoopback(host) && !known.some((home) => isHome(host, home)));
  if (strange === undefined) return null;
  return known[0] === undefined
    ? `no login is known for ${strange}; give the account an api_key`
    : `a login of ${known[0]} is not sent to ${strange}`;
}

function typeOf(row: string): ProviderType | undefined {
  return builtInProviders[row]?.type;
}

function homesOfRow(row: string): readonly string[] {
  const known = builtInProviders[row];
  return known === undefined ? [] : [known.endpoint, ...known.moreEndpoints].map((each) => new URL(each).hostname);
}

/** Of a provider that was written from scratch: the one service of its type. Public dialects have none. */
function homesOfType(type: ProviderType): readonly string[] {
  const endpoint = defaultEndpoints[type];
  return endpoint === undefined ? [] : [new URL(endpoint).hostname];
}

/** Domains where every name is the service's own. `amazonaws.com` is none: its customers have names there too. */
const ownDomains = [".githubcopilot.com", ".cursor.sh", ".kiro.dev", "-pa.googleapis.com", ".qwen.ai", ".iflow.cn"];

function isHome(host: string, home: string): boolean {
  if (host === home) return true;
  if (ownDomains.some((domain) => host.endsWith(domain) && home.endsWith(domain))) return true;
  // Kiro's service has names in each region: q.eu-central-1.amazonaws.com, runtime.eu-central-1.kiro.dev.
  return isRegional(host) && isRegional(home);
}

function isRegional(host: string): boolean {
  return /^(?:(?:q|codewhisperer)\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com|runtime\.[a-z]{2}(?:-[a-z]+)+-\d\.kiro\.dev)$/.test(
    host,
  );
}
