/**
 * What a core does with one login, in a process of its own: `FOLDER PORT EVENTS`. For every event it wants a token that
 * still serves, together with all the others. Ends with a line of JSON: how many tokens it got, and what went wrong.
 */
import { join } from "node:path";
import { systemRandom } from "../../../src/base/random.ts";
import { createCredentials } from "../../../src/engine/accounts/credentials/create-credentials.ts";
import { createCredentialStore } from "../../../src/engine/accounts/credentials/store.ts";
import { createClientLogins } from "../../../src/engine/accounts/import/client-logins.ts";
import { systemSurroundings } from "../../../src/engine/accounts/import/surroundings.ts";
import { createRefresh } from "../../../src/engine/accounts/oauth/refresh.ts";
import { refreshLeadMs } from "../../../src/engine/accounts/oauth/services.ts";
import { systemAfter } from "../../../src/engine/pipeline/tools.ts";
import type { AccountConfig, Config } from "../../../src/engine/config/schema.ts";
import { createTestSend } from "../../support/fake-auth/send.ts";
import { countedAccount } from "./counted.ts";
import { betweenEventsMs, startedAt } from "./renewals.ts";

const [folder = "", port = "", events = ""] = process.argv.slice(2);

let passed = 0;
const clock = { now: () => startedAt + passed, monotonic: () => passed };

const problems: string[] = [];
const tokens = new Set<string>();
const { send } = createTestSend({ "platform.claude.com": Number(port) });
const credentials = createCredentials({
  store: createCredentialStore({ folder: join(folder, "accounts"), random: systemRandom, clock }),
  refresh: createRefresh({ send, clock, after: systemAfter, oauth: () => ({ config: {}, file: {} }) }),
  config: () => ({ providers: {} }) as unknown as Config, // only the providers are looked at, for their types
  leadMs: refreshLeadMs,
  clients: createClientLogins({ surroundings: systemSurroundings({ HOME: folder }), clock }),
  clock,
  onEvent(event) {
    if (event.type === "login-over") problems.push(`logged out: ${event.reason}`);
    if (event.type === "renewal-failed") problems.push(event.message);
  },
});
const account: AccountConfig = {
  ...countedAccount,
  source: { kind: "login" },
  priority: 100,
  weight: 1,
  enabled: true,
  limits: null,
  prefix: null,
  models: [],
  excludedModels: [],
  from: "store",
};
for (let event = 0; event < Number(events); event += 1) {
  await met(event);
  const result = await credentials.get(account, new AbortController().signal);
  if (result.ok) tokens.add(result.credential.secret.reveal());
  else problems.push(result.error.message);
  passed += betweenEventsMs;
}
process.stdout.write(`${JSON.stringify({ tokens: tokens.size, problems })}\n`);

/** Everybody waits here for everybody. */
function met(event: number): Promise<void> {
  return new Promise((resolve) => {
    process.once("message", () => resolve());
    process.send?.(event);
  });
}
