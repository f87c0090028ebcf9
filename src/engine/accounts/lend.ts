/** Lends an account to one attempt, and books how it ends: cooldowns, limits, figures, the conversation. */
import type { Clock } from "../../base/clock.ts";
import { policy } from "../errors/policy.ts";
import type { CooldownBook } from "./cooldown-book.ts";
import { charged } from "./limits.ts";
import type { Ask, Lease, PoolChange } from "./pool.ts";
import type { Member } from "./roster.ts";
import type { Place, Sessions, TokenCounts } from "./sessions.ts";
import type { Standings } from "./standing.ts";
import { cooldownText } from "./words.ts";

export interface LenderDeps {
  readonly clock: Clock;
  readonly book: CooldownBook;
  readonly standings: Standings;
  readonly sessions: Sessions;
  /** Something ended: those who wait may look again. */
  readonly changed: (changes: readonly PoolChange[]) => void;
}

export type Lend = (member: Member, ask: Ask) => Lease;

const noTokens: TokenCounts = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

export function createLender({ clock, book, standings, sessions, changed }: LenderDeps): Lend {
  let turns = 0;
  return (member, ask) => {
    turns += 1;
    const { id, account } = member;
    const { model } = ask;
    const attempt = { account: id, model, turn: turns };
    const standing = standings.of(id);
    const limits = account.limits ?? member.provider.limits;
    const place: Place | null =
      ask.session === null
        ? null
        : { session: ask.session, client: ask.client ?? null, provider: ask.provider, model, account: id };
    let state: "open" | "answered" | "over" = "open";
    let chargedTokens = 0;
    let counted: TokenCounts | null = null;

    const charge = (requests: number, tokens: number): void => {
      chargedTokens += tokens;
      if (limits !== null) standing.meters = charged(standing.meters, limits, { requests, tokens }, clock.monotonic());
    };
    const end = (next: "answered" | "over"): void => {
      if (state === "open") standing.tally.ended();
      // What was estimated and never counted was not spent.
      if (state === "open" && next === "over" && counted === null) charge(0, -chargedTokens);
      state = next;
    };

    charge(1, ask.needs.inputTokens);
    standing.tally.began();
    book.began(attempt);
    if (place !== null) sessions.began(place);
    return {
      account,
      succeeded() {
        if (state !== "open") return;
        end("answered");
        standing.tally.good();
        if (place !== null) sessions.answered(place);
        changed(book.succeeded(attempt));
      },
      failed(error) {
        if (state === "over") return null;
        end("over");
        const isItsFault = policy[error.kind].cooldown !== "none";
        if (error.kind !== "client-gone") standing.tally.bad(`${error.kind}: ${error.message}`, isItsFault);
        const failed = book.failed(attempt, error, turns);
        changed(failed?.changes ?? []);
        if (failed === null) return null;
        const { record, waitMs } = failed;
        const scope = record.model === null ? "account" : "model";
        return { cooldownMs: waitMs, scope, text: cooldownText(id, record.model, waitMs, error) };
      },
      released() {
        if (state !== "open") return;
        end("over");
        book.released(attempt);
        changed([]);
      },
      // Totals: told twice, the later ones stand.
      used(tokens) {
        const before = counted ?? noTokens;
        counted = tokens;
        charge(0, tokens.input + tokens.output - chargedTokens);
        const added = {
          input: tokens.input - before.input,
          output: tokens.output - before.output,
          cacheRead: tokens.cacheRead - before.cacheRead,
          cacheWrite: tokens.cacheWrite - before.cacheWrite,
        };
        standing.tally.tokens(added.input + added.output);
        if (place !== null) sessions.used(place, added, tokens.cacheRead + tokens.cacheWrite);
        changed([]);
      },
    };
  };
}

/** For looking only: nothing is taken, so there is nothing to tell. */
export function idleLease(member: Member): Lease {
  const nothing = (): void => undefined;
  return { account: member.account, succeeded: nothing, failed: () => null, released: nothing, used: nothing };
}
