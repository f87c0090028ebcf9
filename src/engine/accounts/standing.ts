/**
 * How each account stands apart from its cooldowns: its limits' meters, its figures, whose turn it is, whether it needs
 * a login. The pool's own memory: it is changed in place and never leaves the pool.
 */
import type { Clock } from "../../base/clock.ts";
import type { AccountId, CredentialSource } from "../config/schema.ts";
import { fullMeters, type Meters } from "./limits.ts";
import type { Roster } from "./roster.ts";
import { createTally, type Tally } from "./tally.ts";

export interface Standing {
  meters: Meters;
  readonly tally: Tally;
  /** Why; null while it does not. */
  needsLogin: string | null;
  /** For the strategies: see `Candidate`. */
  turn: number;
  credit: number;
  /** What can be told of its credential without reading it; null: not seen yet. */
  source: string | null;
}

export interface Standings {
  of(account: AccountId): Standing;
  /** Forgets who is gone. Returns those whose credential is another one now. */
  follow(roster: Roster): readonly AccountId[];
}

export function createStandings(clock: Clock): Standings {
  const standings = new Map<AccountId, Standing>();
  const of = (account: AccountId): Standing => {
    const known = standings.get(account);
    if (known !== undefined) return known;
    const fresh: Standing = {
      meters: fullMeters,
      tally: createTally(clock),
      needsLogin: null,
      turn: 0,
      credit: 0,
      source: null,
    };
    standings.set(account, fresh);
    return fresh;
  };
  return {
    of,
    follow({ all }) {
      const present = new Set(all.map(({ id }) => id));
      for (const [id, { tally }] of standings) {
        if (!present.has(id) && tally.figures().inFlight === 0) standings.delete(id);
      }
      return all.flatMap(({ id, account }) => {
        const standing = of(id);
        const before = standing.source;
        standing.source = sourceMark(account.source);
        return before === null || before === standing.source ? [] : [id];
      });
    },
  };
}

/** A key shows its last four characters at most (base/secret.ts): enough to see that it was replaced. */
function sourceMark(source: CredentialSource): string {
  if (source.kind === "key") return `key ${source.key.toString()}`;
  return source.kind === "client" ? `client ${source.client} ${source.path ?? ""}` : source.kind;
}
