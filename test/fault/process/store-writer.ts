/**
 * A process that counts in a store as fast as it can, until it is killed: `KIND FOLDER [LIMIT [BYTES]]`. Prints a number
 * when its writing was acknowledged, and never before. `state`: the store of a home, by whoever holds the home now.
 * `account`: a login's file, by everybody in turn. `lowdb`: the package as it comes, for comparison.
 */
import { writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Low } from "lowdb";
import { JSONFilePreset } from "lowdb/node";
import { systemClock } from "../../../src/base/clock.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { Secret } from "../../../src/base/secret.ts";
import { acquireInstance } from "../../../src/control/instance.ts";
import { newAccount } from "../../../src/engine/accounts/credentials/record.ts";
import { createCredentialStore } from "../../../src/engine/accounts/credentials/store.ts";
import { openJsonStore } from "../../../src/engine/state/json-store.ts";
import { countedAccount, counting, countOf } from "./counted.ts";

const [kind = "", folder = "", limitText = "Infinity", bytes = "16384"] = process.argv.slice(2);
const limit = Number(limitText);
const filler = "x".repeat(Number(bytes));
const say = (text: string): void => void writeSync(1, `${text}\n`);
/** After so many of its own a holder lets the next one in. */
const writesInARow = 25;

const writers: Readonly<Record<string, () => Promise<void>>> = { state, account, lowdb };
say("ready");
await writers[kind]?.();

async function state(): Promise<void> {
  const path = join(folder, "state.json");
  for (let count = 0; count < limit; ) {
    const acquired = await acquireInstance({ pidFile: join(folder, "core.json") }, systemRandom);
    if (!acquired.ok) {
      await delay(2);
      continue;
    }
    const store = await openJsonStore({ path, shape: counting, random: systemRandom });
    if (store.notice !== null) say(`notice ${store.notice}`);
    count = store.data().count;
    say(`found ${count}`);
    for (let done = 0; done < writesInARow && count < limit; done += 1) {
      count += 1;
      const wanted = count;
      try {
        await store.update((data) => ({ ...data, count: wanted, filler }));
        say(`kept ${count}`);
      } catch (error) {
        say(`refused ${count} ${textOf(error)}`);
        await store.close();
        return;
      }
    }
    await store.close();
    await acquired.instance.release();
  }
}

async function account(): Promise<void> {
  const store = createCredentialStore({ folder: join(folder, "accounts"), random: systemRandom, clock: systemClock });
  const wait = { signal: new AbortController().signal, timeoutMs: 60_000 };
  for (let count = 0; count < limit; ) {
    await store.locked(countedAccount, wait, async (held) => {
      const reading = await held.read();
      if (reading.state === "unreadable") return say(`notice ${reading.reason}`);
      const before =
        reading.state === "ok" ? reading.account : newAccount(countedAccount, "api_key", new Secret("key-0"));
      count = countOf(before) + 1;
      try {
        await held.write({ ...before, accessToken: new Secret(`key-${count}`), facts: { who: filler } });
        say(`kept ${count}`);
      } catch (error) {
        say(`refused ${count} ${textOf(error)}`);
        count = limit;
      }
    });
  }
}

async function lowdb(): Promise<void> {
  const store: Low<{ count: number; filler: string }> = await JSONFilePreset(join(folder, "state.json"), {
    count: 0,
    filler: "",
  });
  for (;;) {
    await store.read();
    store.data = { count: store.data.count + 1, filler };
    await store.write();
    say(`kept ${store.data.count}`);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
