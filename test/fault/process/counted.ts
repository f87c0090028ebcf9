/** What the writing processes count, and how it is read again afterwards. */
import * as v from "valibot";
import type { StoredAccount } from "../../../src/engine/accounts/credential.ts";
import type { StoreShape } from "../../../src/engine/state/store-text.ts";

export interface Counting {
  readonly count: number;
  readonly filler: string;
}

export const counting: StoreShape<Counting> = {
  version: 1,
  schema: v.object({ count: v.pipe(v.number(), v.integer()), filler: v.string() }),
  migrations: {},
  fresh: () => ({ count: 0, filler: "" }),
  lostWithFresh: "the count begins anew",
};

export const countedAccount = { provider: "claude", name: "work" } as const;

export function countOf(account: StoredAccount): number {
  return Number(account.accessToken.reveal().slice("key-".length));
}
