/**
 * What a home remembers between starts: the secrets of this installation, which accounts cool, and the last quota
 * figures. Seldom changed and small; usage, per-call counters and bodies never go in here.
 */
import { type Clock, systemClock } from "../../base/clock.ts";
import type { CoreSecrets } from "../../base/controls.ts";
import type { Paths } from "../../base/paths.ts";
import { type Random, token } from "../../base/random.ts";
import { Secret } from "../../base/secret.ts";
import { openJsonStore } from "./json-store.ts";
import { createPaced } from "./paced.ts";
import { errorKinds, type StateData, type StoredKind, stateMigrations, stateSchema } from "./schema.ts";

export type Cooldown = Omit<StateData["cooldowns"][number], "kind"> & { readonly kind: StoredKind };
export type Quota = StateData["quota"][number];

export interface State extends CoreSecrets {
  /** For the user, when the old state had to be given up, repaired or left alone. */
  readonly notice: string | null;
  /** Set when nothing can be saved for as long as this process lives; part of `notice`. */
  readonly readOnly: string | null;
  /** As on the disk. */
  cooldowns(): readonly Cooldown[];
  quota(): readonly Quota[];
  /**
   * Replaces all of them. Call as often as you like: at most one write per second, the last call's records. Resolves
   * when they, or later ones, are on the disk; may be left unawaited, for `onTrouble` hears of a failure too.
   */
  saveCooldowns(records: readonly Cooldown[]): Promise<void>;
  saveQuota(readings: readonly Quota[]): Promise<void>;
  /** Hears in words for people why something could not be saved, once until it works again. Returns how to stop it. */
  onTrouble(listener: (text: string) => void): () => void;
  /** Writes what is still due. Does not reject: what could not be saved was told. */
  close(): Promise<void>;
}

/** 192 bits: not to be guessed, and 32 characters without padding in base64url. */
const tokenBytes = 24;
const writeEveryMs = 1_000;

/** Only the process that holds the instance lock calls this. @throws StoreError, with a sentence and what to do */
export async function openState(
  paths: Pick<Paths, "stateFile">,
  random: Random,
  clock: Clock = systemClock,
): Promise<State> {
  const store = await openJsonStore<StateData>({
    path: paths.stateFile,
    shape: {
      version: 2,
      schema: stateSchema,
      migrations: stateMigrations,
      fresh: () => ({
        proxyToken: token(random, tokenBytes),
        clientKey: token(random, tokenBytes),
        adminToken: token(random, tokenBytes),
        cooldowns: [],
        quota: [],
      }),
      lostWithFresh:
        "new tokens were made, so shells set up with `switchyard env` need it again; cooldowns and quota figures are forgotten",
    },
    random,
    clock,
  });
  const listeners = new Set<(text: string) => void>();
  let unsaved: Partial<Pick<StateData, "cooldowns" | "quota">> = {};
  let lastTrouble: string | null = store.readOnly;

  function tell(text: string): void {
    if (text === lastTrouble) return;
    lastTrouble = text;
    for (const listener of listeners) listener(text);
  }

  const adminToken = new Secret(store.data().adminToken ?? (await keptAdminToken()));

  /** Where it cannot be kept it holds for as long as this process lives. */
  async function keptAdminToken(): Promise<string> {
    const made = token(random, tokenBytes);
    await store.update((data) => ({ ...data, adminToken: made })).catch(() => undefined); // the next save tells why
    return made;
  }

  const paced = createPaced(save, writeEveryMs, clock);
  const stopListening = store.onTrouble(tell);

  async function save(): Promise<void> {
    const changes = unsaved;
    unsaved = {};
    try {
      await store.update((data) => ({ ...data, ...changes }));
      lastTrouble = null;
    } catch (error) {
      // The next save, or the last one, tries again with what has not been replaced since.
      unsaved = { ...changes, ...unsaved };
      tell(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  return {
    proxyToken: new Secret(store.data().proxyToken),
    clientKey: new Secret(store.data().clientKey),
    adminToken,
    notice: store.notice,
    readOnly: store.readOnly,
    cooldowns: () => store.data().cooldowns.map((record) => ({ ...record, kind: knownKind(record.kind) })),
    quota: () => store.data().quota,
    saveCooldowns(records) {
      unsaved = { ...unsaved, cooldowns: records };
      return paced.ask();
    },
    saveQuota(readings) {
      unsaved = { ...unsaved, quota: readings };
      return paced.ask();
    },
    onTrouble(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      const isDue = Object.keys(unsaved).length > 0;
      // Told by `save` already.
      await (isDue ? Promise.allSettled([paced.ask(), paced.flush()]) : paced.flush().catch(() => null));
      await store.close();
      stopListening();
    },
  };
}

/** A later version's kind is not ours to understand; the account has to wait all the same. */
function knownKind(kind: string): StoredKind {
  return errorKinds.find((known) => known === kind) ?? "upstream";
}
