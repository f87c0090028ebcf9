/** A core among all the services with a login, what its users and their clients do with it, and what it said. */
import { rmSync } from "node:fs";
import type { AccountJson } from "../../src/base/controls-engine.ts";
import { resolvePaths } from "../../src/base/paths.ts";
import { connectControl, type ControlClient } from "../../src/control/client.ts";
import type { CoreOptions, CoreProcess } from "./core-process.ts";
import { type AskModel, gatewayOf, listen } from "./fake-backends-clients.ts";
import type { BackendCall } from "./fake-backends.ts";
import {
  type LoginProvider,
  type LoginWorlds,
  recordPath,
  startLoginWorlds,
  type StoredTokens,
  type WorldsOptions,
  writeRecord,
} from "./fake-backends-logins.ts";
import { createStage, type Stage } from "./fixture.ts";

export interface LoginStage {
  readonly opened: Stage["opened"];
  readonly worlds: LoginWorlds;
  readonly core: CoreProcess;
  readonly control: ControlClient;
  readonly ask: AskModel;
  /** Answers that were no 200, and everything that a screen would have heard. */
  readonly said: () => { readonly "error replies": string; readonly events: string };
  account(id: string): Promise<AccountJson | undefined>;
  /** A stored login of this service, and none beside it. `expiresInMs` below zero: over for that long. */
  only(provider: LoginProvider, name: string, expiresInMs: number, more?: Partial<StoredTokens>): Promise<StoredTokens>;
  beside(
    provider: LoginProvider,
    name: string,
    expiresInMs: number,
    more?: Partial<StoredTokens & { readonly priority: number }>,
  ): Promise<StoredTokens>;
  /** The newest call of a host. */
  lastTo(host: string): BackendCall;
  modelOf(provider: LoginProvider): string;
  close(): Promise<void>;
}

export interface LoginStageOptions extends WorldsOptions {
  readonly config?: CoreOptions["config"];
  /** Default: the credential file with all client secrets. */
  readonly files?: (worlds: LoginWorlds) => CoreOptions["files"];
}

export async function startLoginStage(options: LoginStageOptions = {}): Promise<LoginStage> {
  const stage = createStage();
  const worlds = await startLoginWorlds(stage.ca, stage.opened, options);
  const files = options.files?.(worlds) ?? { "provider-credentials.json": worlds.credentialFile };
  const { config = {} } = options;
  const core = await stage.startCore({ dial: worlds.backends.dial, files, config });
  const control = connectControl(resolvePaths({ SWITCHYARD_HOME: core.home }));
  const gateway = gatewayOf(core.url, (await control.secrets()).clientKey);
  const events = stage.opened.add(listen(control));
  const errorReplies: string[] = [];
  const stored = new Set<string>();

  const beside: LoginStage["beside"] = async (provider, name, expiresInMs, more = {}) => {
    const tokens = { ...worlds[provider].login(), ...more };
    writeRecord(core.home, { provider, name, expiresInMs, ...tokens });
    stored.add(recordPath(core.home, provider, name));
    await control.reloadAccounts();
    return tokens;
  };
  return {
    opened: stage.opened,
    worlds,
    core,
    control,
    async ask(...question) {
      const told = await gateway(...question);
      if (told.status !== 200) errorReplies.push(told.text);
      return told;
    },
    said: () => ({ "error replies": errorReplies.join("\n"), events: events.said() }),
    account: async (id) => (await control.accounts()).find((one) => one.id === id),
    beside,
    only(provider, name, expiresInMs, more) {
      for (const path of stored) if (path.includes(`${provider}@`)) rmSync(path, { force: true });
      return beside(provider, name, expiresInMs, more);
    },
    lastTo(host) {
      const call = worlds.backends.to(host).at(-1);
      if (call === undefined) throw new Error(`nothing was asked of ${host}`);
      return call;
    },
    modelOf: (provider) => `${provider}/${worlds[provider].model}`,
    close: () => stage.close(),
  };
}
