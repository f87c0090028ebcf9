/** A folder of our own under the system's temporary directory, mode 0700, gone when the test is. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface TempFolder {
  readonly path: string;
  /** Writes a file (folders on the way are made) and returns its full path. */
  file(name: string, content: string | Uint8Array): string;
  close(): void;
}

export function tempFolder(label = "test"): TempFolder {
  const path = mkdtempSync(join(tmpdir(), `switchyard-${label}-`));
  return {
    path,
    file(name, content) {
      const full = join(path, name);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, content, { mode: 0o600 });
      return full;
    },
    // A child that is just ending may still write; the retries are Node's own.
    close: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  };
}
