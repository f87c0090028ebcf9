/**
 * Which account a conversation lives with, so that its prompt cache is found again, and what moving it would bill anew.
 * It has one home for each provider and model. A home binds while it is worth something: for as long as the provider is
 * known to keep tokens of it (an hour at most), else only while the conversation is warm. Kept in memory, bounded.
 */
import type { Clock } from "../../base/clock.ts";
import type { AccountId } from "../config/schema.ts";
import type { SessionRow } from "./pool.ts";

export interface Place {
  readonly session: string;
  readonly client: string | null;
  readonly provider: string;
  readonly model: string;
  readonly account: AccountId;
}

export interface Home {
  readonly account: AccountId;
  /** What this model's cache holds there. 0: none, or not known. */
  readonly cachedTokens: number;
}

export type TokenCounts = SessionRow["tokens"];

export interface Sessions {
  /** Null: it may go anywhere. */
  home(session: string, provider: string, model: string): Home | null;
  /** A call goes out. The first one makes a home at once, so that calls beside it go the same way. */
  began(place: Place): void;
  /** It was answered: here it lives now. */
  answered(place: Place): void;
  /** `added`: to the sums; `cached`: of this call. */
  used(place: Place, added: TokenCounts, cachedTokens: number): void;
  rows(): readonly SessionRow[];
}

/** Quiet for that long, it is forgotten: the longest a provider keeps a prompt cache (`ttl: 1h`). */
const sessionTtlMs = 3_600_000;
/** Without cached tokens a home binds only while calls follow each other; 5 min is a prompt cache's usual life. */
const warmMs = 300_000;
const maxSessions = 4_096;
const roomAtOnce = 256;
/** Providers and models of one conversation. */
const maxHomes = 16;

interface Session {
  readonly id: string;
  readonly client: string | null;
  readonly startedAt: number;
  lastAt: number;
  calls: number;
  tokens: TokenCounts;
  /** The latest one last. */
  readonly homes: Map<string, LiveHome>;
}

interface LiveHome extends Home {
  readonly provider: string;
  readonly model: string;
  readonly lastAt: number;
}

export function createSessions(clock: Clock): Sessions {
  /** The quietest first. */
  const sessions = new Map<string, Session>();

  const isOver = ({ lastAt }: Session): boolean => clock.monotonic() - lastAt >= sessionTtlMs;
  /** Some more than needed at a time: a Map is slow to find its first entry when the one before it has just gone. */
  const makeRoom = (): void => {
    if (sessions.size < maxSessions) return;
    for (const [id, session] of sessions) {
      if (sessions.size <= maxSessions - roomAtOnce && !isOver(session)) return;
      sessions.delete(id);
    }
  };
  const touch = ({ session: id, client }: Place): Session => {
    const nowAt = clock.monotonic();
    const known = sessions.get(id);
    const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
    const session =
      known === undefined || isOver(known)
        ? { id, client, startedAt: nowAt, lastAt: nowAt, calls: 0, tokens, homes: new Map<string, LiveHome>() }
        : known;
    if (session !== known) makeRoom();
    sessions.delete(id);
    sessions.set(id, session);
    session.lastAt = nowAt;
    return session;
  };
  const settle = (session: Session, place: Place, cachedTokens: number): void => {
    const { provider, model, account } = place;
    const key = homeKey(provider, model);
    session.homes.delete(key);
    session.homes.set(key, { provider, model, account, cachedTokens, lastAt: clock.monotonic() });
    if (session.homes.size > maxHomes)
      for (const oldest of [...session.homes.keys()].slice(0, 1)) session.homes.delete(oldest);
  };

  return {
    home(id, provider, model) {
      const session = sessions.get(id);
      if (session === undefined) return null;
      const nowAt = clock.monotonic();
      const binds = ({ cachedTokens, lastAt }: LiveHome): boolean =>
        nowAt - lastAt < (cachedTokens > 0 ? sessionTtlMs : warmMs);
      const exact = session.homes.get(homeKey(provider, model));
      if (exact !== undefined && binds(exact)) return exact;
      // Another model of the conversation lives with this provider: beside it is better than anywhere, but holds nothing.
      const near = [...session.homes.values()].findLast((home) => home.provider === provider && binds(home));
      return near === undefined ? null : { account: near.account, cachedTokens: 0 };
    },
    began(place) {
      const session = touch(place);
      if (!session.homes.has(homeKey(place.provider, place.model))) settle(session, place, 0);
    },
    answered(place) {
      const session = touch(place);
      session.calls += 1;
      const before = session.homes.get(homeKey(place.provider, place.model));
      settle(session, place, before?.account === place.account ? before.cachedTokens : 0);
    },
    used(place, added, cachedTokens) {
      const session = touch(place);
      const { input, output, cacheRead, cacheWrite } = session.tokens;
      session.tokens = {
        input: input + added.input,
        output: output + added.output,
        cacheRead: cacheRead + added.cacheRead,
        cacheWrite: cacheWrite + added.cacheWrite,
      };
      const home = session.homes.get(homeKey(place.provider, place.model));
      if (home?.account === place.account) settle(session, place, cachedTokens);
    },
    rows() {
      const offset = clock.now() - clock.monotonic();
      const live = [...sessions.values()].filter((session) => !isOver(session));
      return live.flatMap(({ id, client, startedAt, lastAt, calls, tokens, homes }) => {
        const home = [...homes.values()].at(-1);
        if (home === undefined) return [];
        const { account, model, cachedTokens } = home;
        const times = { startedAt: Math.round(startedAt + offset), lastAt: Math.round(lastAt + offset) };
        return [{ id, client, account, model, calls, ...times, cachedTokens, tokens }];
      });
    },
  };
}

function homeKey(provider: string, model: string): string {
  return `${provider}\n${model}`;
}
