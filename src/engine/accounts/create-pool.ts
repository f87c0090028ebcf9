/**
 * The pool: puts together who there is (roster), who may serve (eligible), who can now and is chosen (choose), and how it
 * went (lend). All state is born here. No timers: a cooldown's end is seen when somebody asks.
 */
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { AccountConfig, AccountId, Config } from "../config/schema.ts";
import { defaultCooldown } from "../providers/table.ts";
import { choose } from "./choose.ts";
import type { Cooldown, Phase } from "./cooldown.ts";
import { createCooldownBook, quotaKinds } from "./cooldown-book.ts";
import { toKept } from "./cooldown-record.ts";
import { eligible } from "./eligible.ts";
import { createLender, idleLease } from "./lend.ts";
import { limitWaitMs } from "./limits.ts";
import type { AccountHealth, AccountPool, AccountState, Ask, Pick, PoolChange } from "./pool.ts";
import { buildRoster, type Roster } from "./roster.ts";
import { createSessions } from "./sessions.ts";
import { createStandings } from "./standing.ts";
import { createWakers } from "./wakers.ts";

export interface PoolDeps {
  readonly config: () => Config;
  /** Accounts of our own store; one of the configuration with the same id goes before. */
  readonly stored: () => readonly AccountConfig[];
  readonly clock: Clock;
  readonly random: Random;
}

export function createPool({ config, stored, clock, random }: PoolDeps): AccountPool {
  const standings = createStandings(clock);
  const sessions = createSessions(clock);
  const wakers = createWakers();
  const listeners = new Set<(change: PoolChange) => void>();
  let turns = 0;

  const changed = (changes: readonly PoolChange[]): void => {
    for (const change of changes) for (const listener of listeners) listener(change);
    wakers.wake();
  };
  const book = createCooldownBook({
    clock,
    random,
    configOf: (id) => ownProvider(config(), id.slice(0, id.indexOf("/")))?.cooldown ?? defaultCooldown,
  });
  const lend = createLender({ clock, book, standings, sessions, changed });
  const newCredential = (account: AccountId): readonly PoolChange[] => {
    const waitsForIt = ({ kind, dueAt }: Cooldown): boolean => dueAt === null || kind === "auth";
    return book.end(account, undefined, waitsForIt, "it has a new credential");
  };
  const roster = createFollower(config, stored, (next) => {
    const renewed = standings.follow(next).flatMap(newCredential);
    if (renewed.length > 0) changed(renewed);
  });

  const decide = (ask: Ask, take: boolean): Pick => {
    const current = config();
    const found = eligible(roster().of(ask.provider), ask, current);
    if (!found.ok) return { kind: "none", error: found.error, why: [] };
    const { selection } = current.settings;
    const { session, provider, model } = ask;
    const choice = choose({
      ask,
      selection,
      members: found.members,
      home: session === null || !selection.sticky ? null : sessions.home(session, provider, model),
      standing: (id) => standings.of(id),
      hold: (id, about, nowAt) => book.hold(id, about, nowAt),
      nowAt: clock.monotonic(),
    });
    if (choice.kind !== "member") return choice;
    const { member, turn, why } = choice;
    if (!take) return { kind: "lease", lease: idleLease(member), why };
    if (turn !== null) {
      // The strategy spreads conversations; the later calls of one do not count.
      turns += 1;
      standings.of(member.id).turn = turns;
      for (const [id, credit] of turn.credits ?? []) standings.of(id).credit = credit;
    }
    return { kind: "lease", lease: lend(member, ask), why };
  };

  const health = ({ id, account, isUsed }: Roster["all"][number]): AccountHealth => {
    const { tally, needsLogin, meters } = standings.of(id);
    const records = book.records(id);
    const limits = account.limits ?? ownProvider(config(), account.provider)?.limits ?? null;
    const isLimited = limits !== null && limitWaitMs(meters, limits, 1, clock.monotonic()) > 0;
    const isOff = !isUsed ? "disabled" : needsLogin === null ? null : "needs-login";
    const state: AccountState =
      isOff ??
      stateOf(
        book.whole(id).phase,
        records.filter(({ record }) => record.model !== null),
        isLimited,
      );
    return {
      account,
      id,
      state,
      // One of a model that only wants its probe holds nothing up.
      cooldowns: records
        .filter(({ record, phase }) => record.model === null || phase !== "half-open")
        .map(({ record }) => record),
      ...tally.figures(),
    };
  };

  return {
    pick: (ask) => decide(ask, true),
    look: (ask) => decide(ask, false),
    // One that is cooling counts: time alone brings it back, and `pick` knows how soon.
    isUsable: (provider) =>
      roster()
        .of(provider)
        ?.members.some(({ id }) => standings.of(id).needsLogin === null && book.whole(id).phase !== "stopped") ?? false,
    changed: (signal) => wakers.next(signal),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    list: () => roster().all.map(health),
    sessions: () => sessions.rows(),
    clear(account, model) {
      const ended = book.end(account, model, () => true, "cleared by hand");
      changed(ended);
      return ended.length;
    },
    freshQuota(account, model) {
      const isAboutQuota = ({ kind, dueAt }: Cooldown): boolean => dueAt !== null && quotaKinds.has(kind);
      // Room in the account's own windows says nothing of a model's.
      changed(book.end(account, model, isAboutQuota, "the provider says that there is quota again"));
    },
    credentialChanged(account, needsLogin) {
      standings.of(account).needsLogin = needsLogin;
      if (needsLogin === null) changed(newCredential(account));
      else changed([{ type: "stopped", account, reason: needsLogin }]);
    },
    snapshot: () => book.records(null).map(({ record }) => toKept(record)),
    restore: (records) => book.restore(records),
  };
}

/** The roster of the configuration and the store as they are now, built anew only when one of them is another. */
function createFollower(
  config: () => Config,
  stored: () => readonly AccountConfig[],
  onNew: (roster: Roster) => void,
): () => Roster {
  let known: {
    readonly config: Config;
    readonly stored: readonly AccountConfig[];
    readonly roster: Roster;
  } | null = null;
  return () => {
    const now = { config: config(), stored: stored() };
    if (known?.config === now.config && sameItems(known.stored, now.stored)) return known.roster;
    const roster = buildRoster(now.config, now.stored);
    known = { ...now, roster };
    onNew(roster);
    return roster;
  };
}

function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left === right || (left.length === right.length && left.every((item, index) => item === right[index]));
}

/** The hardest of what holds it, for one word on the screen; which of its models it is the cooldowns say. */
function stateOf(whole: Phase, models: readonly { readonly phase: Phase }[], isLimited: boolean): AccountState {
  if (whole === "stopped" || whole === "cooling") return whole;
  if (whole === "probing" || whole === "half-open") return "probing";
  if (models.some(({ phase }) => phase === "cooling" || phase === "stopped")) return "cooling";
  if (models.some(({ phase }) => phase === "probing")) return "probing";
  return isLimited ? "limited" : "active";
}

function ownProvider({ providers }: Config, id: string): Config["providers"][string] | undefined {
  return Object.hasOwn(providers, id) ? providers[id] : undefined;
}
