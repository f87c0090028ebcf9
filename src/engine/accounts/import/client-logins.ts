/**
 * The logins of other programs, read when they are used. As long as a program's files have not changed, what was read
 * stays good; a look at their dates tells. What has no file (a keychain) is asked again after a few seconds.
 */
import { stat } from "node:fs/promises";
import type { Clock } from "../../../base/clock.ts";
import type { ClientLogin } from "../../config/schema.ts";
import { claudeCode } from "./claude-code.ts";
import { codex } from "./codex.ts";
import { copilot } from "./copilot.ts";
import { cursor } from "./cursor.ts";
import { geminiCli } from "./gemini-cli.ts";
import { iflow } from "./iflow.ts";
import type { ClientReading, Importer, Surroundings } from "./importer.ts";
import { kiro } from "./kiro.ts";
import { qwenCode } from "./qwen-code.ts";

export const importers = {
  "claude-code": claudeCode,
  codex,
  "gemini-cli": geminiCli,
  "qwen-code": qwenCode,
  copilot,
  kiro,
  cursor,
  iflow,
} as const satisfies Record<ClientLogin, Importer>;

export interface ClientLogins {
  /** @param isFresh read again whatever the files' dates say */
  read(client: ClientLogin, path: string | null, isFresh?: boolean): Promise<ClientReading>;
}

/** A keychain takes about 30 ms, and may ask its user. */
const unwatchedMs = 5_000;

export function createClientLogins(deps: { readonly surroundings: Surroundings; readonly clock: Clock }): ClientLogins {
  const { surroundings, clock } = deps;
  const known = new Map<string, { readonly stamp: string; readonly readAt: number; readonly reading: ClientReading }>();

  return {
    async read(client, path, isFresh = false) {
      const importer: Importer = importers[client];
      const where = { ...surroundings, path };
      const key = `${client}\0${path ?? ""}`;
      const stamps = await Promise.all(importer.files(where).map(stampOf));
      const stamp = stamps.join();
      const before = known.get(key);
      const isWatched = stamps.some((one) => one !== absent);
      const isYoung = before !== undefined && clock.monotonic() - before.readAt < unwatchedMs;
      if (!isFresh && before?.stamp === stamp && (isWatched || isYoung)) return before.reading;
      const reading = await importer.read(where);
      known.set(key, { stamp, readAt: clock.monotonic(), reading });
      return reading;
    },
  };
}

const absent = "-";

async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(":");
  } catch {
    // Reading it will say what is wrong, if anything is.
    return absent;
  }
}
