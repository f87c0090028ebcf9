/**
 * What reading another program's login means: where to look, what was found, what its owner can do when nothing usable
 * is there. Reading only: these files belong to their programs, which renew them; we never do (two renewers of one
 * single-use refresh token log their user out), so refresh tokens are not even taken out of them.
 */
import type { Credential, LoginFacts } from "../credential.ts";

/** The machine as the importers see it; tests give another one. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** Runs a program of the system and gives what it wrote to stdout; null when it failed or is not there. */
  readonly run: (program: string, parameters: readonly string[]) => Promise<string | null>;
  /** Null: this Node has no SQLite. */
  readonly openDatabase: ((path: string) => Database) | null;
}

/** As much of a SQLite database as is wanted: values of Cursor's one table. */
export interface Database {
  /** Null: no such key, or no text. */
  textOf(key: string): string | null;
  close(): void;
}

export interface Where extends Surroundings {
  /** Its owner's word, in place of the usual one. */
  readonly path: string | null;
}

export type ClientReading =
  | {
      readonly ok: true;
      readonly credential: Credential;
      /** ms since the epoch; null: not said. */
      readonly expiresAt: number | null;
      /** From then on its own program cannot renew it either; null: not known. */
      readonly renewableUntil: number | null;
      /** Set: this is not what calls are made with; the service of this name exchanges it for that. */
      readonly exchange: "copilot" | null;
    }
  | ClientFailure;

export interface ClientFailure {
  readonly ok: false;
  readonly state: "missing" | "needs-login" | "unreadable";
  /** For people; says nothing of what stands in the file. */
  readonly reason: string;
  readonly fix: string;
}

export interface Importer {
  /** For people. */
  readonly title: string;
  /** What its owner does so that the program renews its login; `login`: where there is nothing left to renew. */
  readonly renewal: string;
  readonly login: string;
  /** The files whose change means that it must be read again. None: there is no file to watch. */
  files(where: Where): readonly string[];
  read(where: Where): Promise<ClientReading>;
}

export function found(
  credential: Pick<Credential, "kind" | "secret" | "machine"> & { readonly facts: LoginFactsRead },
  expiresAt: number | null,
  renewableUntil: number | null = null,
): ClientReading {
  const { kind, secret, facts, machine } = credential;
  return {
    ok: true,
    credential: { kind, secret, facts: saidOnly(facts), ...(machine === undefined ? {} : { machine }) },
    expiresAt,
    renewableUntil,
    exchange: null,
  };
}

export function missing(title: string, path: string, fix: string): ClientFailure {
  return { ok: false, state: "missing", reason: `there is no login of ${title} at ${path}`, fix };
}

export function unreadable(reason: string, fix: string): ClientFailure {
  return { ok: false, state: "unreadable", reason, fix };
}

/** The file is there and says nothing we know: its program may have changed its ways. */
export function strange(title: string, path: string, fix: string): ClientFailure {
  return unreadable(`${path} holds no login of ${title} that this version understands`, fix);
}

export type LoginFactsRead = { readonly [Key in keyof LoginFacts]: LoginFacts[Key] | null };

function saidOnly(facts: LoginFactsRead): LoginFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null));
}
