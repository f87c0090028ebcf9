/** The usual stage of an end-to-end test: one authority, one core, closed together. */
import { createFakeCa, type FakeCa, type Identity } from "./fake-ca.ts";
import { startCoreProcess, type CoreOptions, type CoreProcess } from "./core-process.ts";
import { createOpened, type Opened } from "./opened.ts";

/** A provider host of the built-in list, which every core intercepts. */
export const host = "api.anthropic.com";
/** Another, for tests that need two origins at once. */
export const secondHost = "api.openai.com";

export interface Stage {
  readonly ca: FakeCa;
  /** A certificate for every host a test may play. */
  readonly identity: Identity;
  readonly opened: Opened;
  startCore(options?: CoreOptions): Promise<CoreProcess>;
  close(): Promise<void>;
}

export function createStage(): Stage {
  const opened = createOpened();
  const ca = opened.add(createFakeCa());
  return {
    ca,
    identity: ca.issue([host, secondHost, "localhost", "127.0.0.1", "::1"]),
    opened,
    startCore: async (options = {}) => opened.add(await startCoreProcess({ trust: ca.file, ...options })),
    close: () => opened.closeAll(),
  };
}
