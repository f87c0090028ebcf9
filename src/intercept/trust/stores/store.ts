/** One place where programs of this machine keep the roots that they trust. A value: it says what to do, and does nothing. */
import type { OwnRoot } from "./own-root.ts";
import type { Step } from "./step.ts";

export type StoreFamily = "system" | "nss" | "keychain" | "windows" | "java";

export interface Store {
  /** Says where the store is, so that it can be found again from the journal: `system:debian`, `nss:sql:/home/…`. */
  readonly id: string;
  readonly label: string;
  readonly family: StoreFamily;
  readonly scope: "user" | "system";
  /** Why it cannot be changed here, and what would help; null: it can. */
  readonly obstacle: Obstacle | null;
  /** What may help when its commands fail. */
  readonly whenRefused?: string;
  /** Certificates of ours in it, whoever put them there. Empty when it cannot be looked into. */
  find(): Promise<readonly Holding[]>;
  /** What makes it trust this root. `file` holds the root. */
  install(root: OwnRoot, file: string): Promise<readonly Step[]>;
  /**
   * What takes these out of it; those with a `keeper` are left alone. `unfinished`: a change of this store was begun and
   * may not have come to its end, so what follows from the files has to be made anew even where none is left.
   */
  remove(holdings: readonly Holding[], unfinished: boolean): readonly Step[];
}

export interface Obstacle {
  readonly detail: string;
  /** What to type, or what to change. */
  readonly fix: string;
}

export interface Holding {
  readonly root: OwnRoot;
  /** What it is called there: a file, a nickname, an alias. */
  readonly place: string;
  /** Programs that ask this store accept it. */
  readonly trusted: boolean;
  /** Why it is not ours to take out; null: it is. */
  readonly keeper: string | null;
}
