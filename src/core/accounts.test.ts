import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { createOpened } from "../../test/support/opened.ts";
import { tempFolder } from "../../test/support/temp.ts";
import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { createRedactor } from "../base/redact.ts";
import { Secret } from "../base/secret.ts";
import { newAccount } from "../engine/accounts/credentials/record.ts";
import { createCredentialStore } from "../engine/accounts/credentials/store.ts";
import { loadConfig } from "../engine/config/load.ts";
import { openAccounts } from "./accounts.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

it("opens although a stored login was over when the last core ended, and says which", async () => {
  const folder = opened.add(tempFolder("accounts"));
  const store = createCredentialStore({
    folder: join(folder.path, "accounts"),
    random: systemRandom,
    clock: systemClock,
  });
  const login = newAccount({ provider: "codex", name: "over" }, "oauth_pkce", new Secret("an-old-token-0123456789"));
  await store.write({ ...login, needsLogin: "invalid_grant" }, null);
  const loaded = loadConfig({ path: join(folder.path, "config.yaml"), env: {} });
  if (!loaded.ok) throw new Error("the default configuration is valid");
  const notices: string[] = [];
  const accounts = await openAccounts({
    paths: { dataDir: folder.path },
    env: { HOME: folder.path },
    config: () => loaded.config,
    send: () => Promise.reject(new Error("nothing is sent here")),
    state: {
      cooldowns: () => [],
      quota: () => [],
      saveCooldowns: () => Promise.resolve(),
      saveQuota: () => Promise.resolve(),
    },
    redactor: createRedactor(),
    clock: systemClock,
    random: systemRandom,
    notice: (_level, _area, text) => notices.push(text),
  });
  opened.add(accounts);
  const over = accounts.pool.list().find(({ id }) => id === "codex/over");
  expect(over?.state).toBe("needs-login");
  expect(notices.join()).toContain("codex/over: invalid_grant; switchyard accounts login codex --name over");
});
