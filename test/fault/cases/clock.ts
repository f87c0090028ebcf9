/** Clocks that are set, run backwards or jump with a sleeping laptop: waits keep their bounds, and logins are not renewed in storms. */
import { join } from "node:path";
import { systemRandom } from "../../../src/base/random.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { Cooldown } from "../../../src/engine/accounts/cooldown.ts";
import { fromRecord, toRecord } from "../../../src/engine/accounts/cooldown-record.ts";
import { createCredentials } from "../../../src/engine/accounts/credentials/create-credentials.ts";
import { newAccount } from "../../../src/engine/accounts/credentials/record.ts";
import { createCredentialStore } from "../../../src/engine/accounts/credentials/store.ts";
import { createClientLogins } from "../../../src/engine/accounts/import/client-logins.ts";
import { systemSurroundings } from "../../../src/engine/accounts/import/surroundings.ts";
import { createRefresh } from "../../../src/engine/accounts/oauth/refresh.ts";
import { refreshLeadMs } from "../../../src/engine/accounts/oauth/services.ts";
import { defaultConfig } from "../../../src/engine/config/defaults.ts";
import type { CooldownConfig } from "../../../src/engine/config/schema.ts";
import { systemAfter } from "../../../src/engine/pipeline/tools.ts";
import { startFakeClaudeAuth } from "../../support/fake-auth/index.ts";
import { createTestSend } from "../../support/fake-auth/send.ts";
import { tempFolder } from "../../support/temp.ts";
import type { BoardCase } from "../board/case.ts";
import type { Random } from "../board/random.ts";
import { countedAccount } from "../process/counted.ts";

const hour = 3_600_000;
const year = 365 * 24 * hour;
const startedAt = Date.UTC(2026, 10, 22);
/** By how much the wall clock is set; a daylight saving hour is one hour. `sleep`: both clocks go on. */
const jumps: readonly { readonly name: string; readonly wallMs: number; readonly sleepMs?: number }[] = [
  { name: "+1 h", wallMs: hour },
  { name: "-1 h", wallMs: -hour },
  { name: "+1 y", wallMs: year },
  { name: "-1 y", wallMs: -year },
  { name: "to 2038", wallMs: Date.UTC(2038, 0, 19, 3, 14, 8) - startedAt },
  { name: "back from 2038", wallMs: startedAt - Date.UTC(2038, 0, 19, 3, 14, 8) },
  { name: "a night's sleep", wallMs: 0, sleepMs: 9 * hour },
];
/** By the clock that never goes back. */
const minGapMs = 30_000;
const stepMs = 5_000;
/** Nobody's clock is set more often. */
const stepsBetween = 12;

export const clockCase: BoardCase = {
  id: "clock",
  title:
    "waits longer than their cap, renewals closer than 30 s and accounts that are stuck while clocks jump (±1 h, ±1 y, 2038, sleep)",
  aim: "0",
  peers: [],
  remark:
    "the peers keep neither waits nor logins. The clock is the one that these modules are given; the login service is real.",
  async run(context) {
    const count = context.of({ short: 40, usual: 300, full: 2_000 });
    const details = [
      ...cooldowns(count * 10, context.random.fork("cooldowns")),
      ...(await renewals(count, context.random.fork("renewals"))),
    ];
    return {
      figure: `${details.length} in ${count} jumps and ${count * 10} saved waits`,
      kept: details.length === 0,
      details,
    };
  },
};

interface Hands {
  wall: number;
  passed: number;
}

function clockOf(hands: Hands) {
  return { now: () => startedAt + hands.passed + hands.wall, monotonic: () => hands.passed };
}

function jump(hands: Hands, random: Random): string {
  const { name, wallMs, sleepMs = 0 } = random.pick(jumps);
  hands.wall += wallMs;
  hands.passed += sleepMs;
  return name;
}

/** Written by one process, read by the next, with the clock set in between. */
function cooldowns(count: number, random: Random): readonly string[] {
  const details: string[] = [];
  const config: CooldownConfig = { baseMs: 1_000, maxMs: 1_800_000, maxResetMs: 7_200_000 };
  const capMs = Math.max(config.maxMs, config.maxResetMs);
  for (let round = 0; round < count; round += 1) {
    const hands = { wall: 0, passed: random.below(year) };
    const clock = clockOf(hands);
    const nowAt = clock.monotonic();
    const resetAt = random.below(2) === 0 ? null : nowAt + random.below(2 * year);
    const written: Cooldown = {
      level: random.below(70),
      sinceAt: nowAt - random.below(hour),
      sinceTurn: 0,
      dueAt: nowAt + random.below(capMs),
      resetAt,
      probe: null,
      kind: "rate-limit",
      reason: "429",
    };
    const record = toRecord("claude/work", null, written, clock);
    const name = jump(hands, random);
    // The next process counts from another origin.
    const next = { now: clock.now, monotonic: () => 7 };
    const read = fromRecord(record, config, next);
    const waitMs = read?.dueAt === undefined || read.dueAt === null ? 0 : read.dueAt - next.monotonic();
    if (waitMs > capMs || waitMs < 0 || Number.isNaN(waitMs)) details.push(`${name}: a wait of ${waitMs} ms`);
  }
  return details;
}

async function renewals(count: number, random: Random): Promise<readonly string[]> {
  const details: string[] = [];
  const folder = tempFolder("clock");
  const service = await startFakeClaudeAuth();
  try {
    const hands = { wall: 0, passed: 0 };
    const clock = clockOf(hands);
    const store = createCredentialStore({ folder: join(folder.path, "accounts"), random: systemRandom, clock });
    const { accessToken, refreshToken } = service.issue();
    const fresh = newAccount(countedAccount, "oauth_pkce", new Secret(accessToken));
    await store.write(
      { ...fresh, refreshToken: new Secret(refreshToken), expiresAt: startedAt + hour, obtainedAt: startedAt - hour },
      null,
    );
    const { send } = createTestSend({ "platform.claude.com": service.port });
    const credentials = createCredentials({
      store,
      refresh: createRefresh({ send, clock, after: systemAfter, oauth: () => ({ config: {}, file: {} }) }),
      config: () => defaultConfig,
      leadMs: refreshLeadMs,
      clients: createClientLogins({ surroundings: systemSurroundings({ HOME: folder.path }), clock }),
      clock,
      onEvent: (event) => event.type === "login-over" && details.push(`logged out: ${event.reason}`),
    });
    const account = {
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
    } as const;
    let lastAt = -Infinity;
    for (let round = 0; round < count; round += 1) {
      const name = jump(hands, random);
      for (let step = 0; step < stepsBetween; step += 1) {
        const before = service.redemptions.length;
        const result = await credentials.get(account, new AbortController().signal);
        const redeemed = service.redemptions.length - before;
        if (!result.ok) details.push(`${name}, jump ${round}: ${result.error.message}`);
        if (redeemed > 1) details.push(`${name}, jump ${round}: ${redeemed} renewals for one call`);
        if (redeemed > 0 && hands.passed - lastAt < minGapMs)
          details.push(`${name}, jump ${round}: renewed again at once`);
        if (redeemed > 0) lastAt = hands.passed;
        hands.passed += stepMs;
      }
    }
    const wrong = service.redemptions.filter(({ result }) => result !== "ok").length;
    if (wrong > 0) details.push(`${wrong} renewals were refused`);
  } finally {
    await service.close();
    folder.close();
  }
  return details;
}
